"""Commands that measure Beatlens; run from a checkout, e.g. ``python -m benchmarks.portal --help``."""
