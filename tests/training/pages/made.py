"""A heart that is known in every sample, to be drawn on pages."""

from __future__ import annotations

import numpy as np

from ecg.leads import STANDARD
from training.pages.excerpts import Excerpt

RATE = 500.0


def twelve(seconds: float = 10.0) -> Excerpt:
    """Twelve leads of narrow beats, one a second, each lead of another height."""
    time = np.arange(round(seconds * RATE)) / RATE
    beat = np.exp(-(((time % 1.0 - 0.4) / 0.015) ** 2)) + 0.2 * np.exp(-(((time % 1.0 - 0.7) / 0.05) ** 2))
    heights = np.linspace(0.4, 1.2, len(STANDARD))
    return Excerpt(STANDARD, RATE, (heights[:, None] * beat).astype(np.float32), "made/1@0")
