"""Reading recordings and analysing them: claimed, kept hold of, settled, put back, and found again when lost."""
