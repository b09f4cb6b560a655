"""The way in: what becomes of files that people send."""
