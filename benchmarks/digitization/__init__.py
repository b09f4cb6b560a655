"""What reading strips and pages costs, and what it withstands."""
