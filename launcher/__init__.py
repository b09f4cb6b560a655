"""Starts the whole system on one machine with embedded defaults; what ``make run`` calls."""
