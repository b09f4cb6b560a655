"""Drawn pages as what the network for pages learns from."""
