"""Jobs, and where they run."""
