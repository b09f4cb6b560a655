"""Beats of one recording that look and come alike, so that a person judges some dozens of families, not every beat."""
