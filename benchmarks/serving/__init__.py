"""The inference server: its speed beside this machine's own, and what it has to survive."""
