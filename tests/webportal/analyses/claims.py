"""Analyses in somebody's hand."""

from __future__ import annotations

from webportal.analyses.jobs import leases
from webportal.analyses.models import Analysis


def claimed(analysis: Analysis) -> Analysis:
    """A due analysis, claimed."""
    held = leases.claim(analysis_id=analysis.pk)
    assert held is not None
    return held
