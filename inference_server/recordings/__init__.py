"""Whole recordings: what is said of them, the pieces that they are cut into, and what becomes of each."""
