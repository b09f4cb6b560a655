"""How well pages are read: drawn pages of people who test, compared with what was drawn."""
