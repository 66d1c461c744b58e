"""Figures of the page: each module draws one figure from a table."""
