"""The name under which rows of the queue know the task of an analysis; some may be older than the program."""

from __future__ import annotations

from webportal.analyses.jobs.running import run_analysis

__all__ = ["run_analysis"]
