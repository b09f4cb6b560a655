"""R-peak detectors to compare with, each on one lead; those that are not installed are left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

import numpy as np
from numpy.typing import NDArray

Detector = Callable[[NDArray[np.float64], float], NDArray[np.int64]]
"""``[samples]`` in millivolts and samples a second to R peaks, ``[n]``."""


def _sleepecg(lead: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    from sleepecg.heartbeats import detect_heartbeats

    return np.asarray(detect_heartbeats(lead, rate), np.int64)


def _neurokit2(lead: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    import neurokit2

    cleaned = neurokit2.ecg_clean(lead, sampling_rate=int(rate), method="pantompkins1985")
    peaks = neurokit2.ecg_findpeaks(cleaned, sampling_rate=int(rate), method="pantompkins1985")
    return np.asarray(peaks["ECG_R_Peaks"], np.int64)


def _xqrs(lead: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    from wfdb import processing

    return np.asarray(processing.xqrs_detect(lead, rate, verbose=False), np.int64)


#: By name: module that it needs, and what finds the peaks.
OTHERS: Final[dict[str, tuple[str, Detector]]] = {
    "sleepecg": ("sleepecg", _sleepecg),
    "neurokit2 pantompkins1985": ("neurokit2", _neurokit2),
    "wfdb xqrs": ("wfdb", _xqrs),
}


def installed() -> dict[str, Detector]:
    """The detectors that are there."""
    return {name: detector for name, (module, detector) in OTHERS.items() if find_spec(module) is not None}


def missing() -> list[str]:
    """Names of those that are not."""
    return [name for name, (module, _) in OTHERS.items() if find_spec(module) is None]


def quietly(detector: Detector, lead: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """What a detector finds, without its warnings; nothing where it fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.sort(detector(lead, rate))
        except (ValueError, IndexError, ZeroDivisionError):
            return np.empty(0, np.int64)
