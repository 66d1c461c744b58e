"""The page that a city reads."""
