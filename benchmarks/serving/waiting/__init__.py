"""The inference server with workers that wait instead of compute, as if there were a CPU for each of them."""
