"""What was sent and answered: found again, counted, exported and put on paper."""
