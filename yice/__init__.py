"""The command line, the city file, the pipeline."""
