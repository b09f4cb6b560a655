"""Every change to what is there already. Each function checks, opens its transaction and validates in full."""

from __future__ import annotations

from webportal.recordings.services.editing import edit

__all__ = ["edit"]
