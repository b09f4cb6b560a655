"""The model files: read, checked, run, decided upon, and kept in versions."""
