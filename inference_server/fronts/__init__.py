"""Several fronts on one port, each a process with workers of its own, and the supervisor that keeps them."""
