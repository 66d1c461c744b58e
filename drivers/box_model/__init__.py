"""The embedded box model."""
