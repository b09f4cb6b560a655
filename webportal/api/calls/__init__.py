"""The calls, by what they are about: each asks :mod:`webportal.analyses` for what the pages ask, and no more."""
