"""The models that a scenario is run with."""
