"""Pictures of strips and pages on their way to be recordings: what is stored of them, and where things stand."""
