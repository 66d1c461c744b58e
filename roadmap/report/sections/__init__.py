"""Sections of the page: each module turns result tables into findings, figures and tables."""
