"""Targets, measures, timetable, documents."""
