"""What every worker does beside its analyses: sweep up and clean."""
