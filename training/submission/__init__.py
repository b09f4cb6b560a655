"""Runs on a Ray cluster: begun from here, watched from here, and brought back."""
