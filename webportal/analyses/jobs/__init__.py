"""The life of an analysis: claimed, run, put back, settled, and found again when it was lost."""
