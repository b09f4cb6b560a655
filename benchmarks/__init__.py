"""Commands that measure the inference server; run from a checkout: ``python -m benchmarks.serving --help``."""
