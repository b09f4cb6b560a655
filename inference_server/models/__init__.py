"""The model files: read, checked, run, decided upon, and stored in versions."""
