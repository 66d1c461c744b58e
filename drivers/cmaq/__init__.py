"""From a scenario to a CMAQ run directory."""
