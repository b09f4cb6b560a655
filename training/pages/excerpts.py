"""What of a recording a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal as filters

from ecg.recording import Recording

#: Machines print through a band; the order of the filters is Butterworth's second, forwards and backwards.
_ORDER: Final = 2


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A stretch of all leads of a recording."""

    leads: tuple[str, ...]
    rate: float
    millivolts: NDArray[np.float32]
    """``[leads, samples]``; ``nan`` where nothing was recorded."""
    source: str = ""

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.millivolts.shape[1] / self.rate

    def lead(self, name: str) -> NDArray[np.float32]:
        """One lead, ``[samples]``; ``-aVR`` is aVR turned round.

        Raises:
            KeyError: there is none of that name.
        """
        if name == "-aVR" and name not in self.leads:
            return -self.lead("aVR")
        if name not in self.leads:
            raise KeyError(f"No lead {name!r}; there are {', '.join(self.leads)}.")
        return self.millivolts[self.leads.index(name)]


def excerpt_of(
    recording: Recording,
    begin: int,
    seconds: float,
    *,
    band: tuple[float, float] | None = None,
    leads: Sequence[str] = (),
    source: str = "",
) -> Excerpt:
    """``seconds`` of a recording from sample ``begin``, each lead about zero.

    Args:
        band: Hertz that are kept, as a machine's filter does; a lead with gaps isn't filtered.
        leads: Which; all without.
        source: Where it is from.
    """
    count = round(seconds * recording.rate)
    values = recording.read(begin, begin + count).astype(np.float64)
    if leads:
        values = values[[recording.leads.index(lead) for lead in leads]]
    if band is not None:
        values = np.array([_filtered(lead, recording.rate, band) for lead in values])
    with np.errstate(all="ignore"):
        middle = np.array([np.nanmedian(lead) if np.isfinite(lead).any() else 0.0 for lead in values])
    return Excerpt(
        tuple(leads) or recording.leads, recording.rate, (values - middle[:, None]).astype(np.float32), source
    )


def _filtered(lead: NDArray[np.float64], rate: float, band: tuple[float, float]) -> NDArray[np.float64]:
    if not np.isfinite(lead).all():
        return lead
    low, high = band
    sections = (
        filters.butter(_ORDER, low, "highpass", fs=rate, output="sos")
        if high >= 0.45 * rate
        else filters.butter(_ORDER, (low, high), "bandpass", fs=rate, output="sos")
    )
    return filters.sosfiltfilt(sections, lead - lead.mean())
