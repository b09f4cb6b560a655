"""Who imports whom, read from the sources: ``python -m tests.architecture`` (``make architecture``) prints it."""
