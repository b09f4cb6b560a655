"""Pictures of strips and pages on their way to be recordings: what is kept of them, and where on them things stand."""
