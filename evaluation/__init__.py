"""Standards, control effect, response."""
