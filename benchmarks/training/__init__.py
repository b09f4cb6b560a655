"""Training: how fast it is beside the old way."""
