"""What a recording's beats say together: rate, pauses, ectopy, fibrillation, variability."""
