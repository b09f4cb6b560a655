"""Forty-two numbers about what a beat looks like beside the person's usual beat.

Fourteen in every lead; of them the mean, the least and the greatest over the readable leads, so that one lead or twelve
in any order make the same list.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ecg.beats import SAMPLING_RATE
from ecg.features.reach import SHAPE_AFTER, SHAPE_BEFORE, SHAPE_MARGIN

#: Parts of the beat, samples of a shape without margins: to 67 ms before the R peak, to 100 ms after it, the rest.
_PARTS: Final = {"before": slice(0, 84), "qrs": slice(84, 144), "after": slice(144, SHAPE_BEFORE + SHAPE_AFTER)}
_QRS: Final = _PARTS["qrs"]

_IN_EVERY_LEAD: Final[dict[str, str]] = {
    "correlation": "correlation with the usual beat",
    **{f"correlation_{part}": f"the same of the part {part}" for part in _PARTS},
    **{
        f"residual_{part}": f"root mean square of the difference in the part {part}, over the usual QRS's"
        for part in _PARTS
    },
    "height": "octaves between the QRS's height, peak to peak, and the usual one",
    "projection": "how much of the usual QRS is in this one: -1 is upside down",
    "width": "deviation of the QRS's energy in time, milliseconds",
    "width_to_usual": "the same over the usual beat's",
    "slope": "octaves between the steepest slope and the usual one",
    "after_level": "how far the part after the QRS lies above the usual beat's, over the usual QRS's height",
    "before_energy": "octaves between the energy before the QRS and the usual one",
}
_OVER_LEADS: Final = ("mean", "least", "greatest")

NAMES: Final[dict[str, str]] = {
    f"{name}_{over}": f"{text}; {over} of the leads" for name, text in _IN_EVERY_LEAD.items() for over in _OVER_LEADS
}

_TINY: Final = 1e-4
"""Millivolts under which nothing is compared."""
_OCTAVES: Final = 5.0

Shapes = NDArray[np.float32]


def aligned(shapes: Shapes, usual: Shapes, scale: NDArray[np.float32]) -> tuple[Shapes, NDArray[np.int64]]:
    """Shapes moved to where their QRS is most like the usual one: ``[n, leads, samples]`` without margins, and by how
    many samples each came later than it, ``[n]``.
    """
    part = slice(_QRS.start, _QRS.stop + 2 * SHAPE_MARGIN)
    windows = np.lib.stride_tricks.sliding_window_view(shapes[:, :, part], _QRS.stop - _QRS.start, axis=2)
    pattern = usual[:, _QRS] * scale[:, None]
    weighted = windows * scale[:, None, None]
    likeness = np.einsum("nlsw,lw->ns", weighted, pattern) / (np.sqrt(np.square(weighted).sum(axis=(1, 3))) + _TINY)
    shift = np.argmax(likeness, axis=1) - SHAPE_MARGIN
    columns = SHAPE_MARGIN + shift[:, None] + np.arange(SHAPE_BEFORE + SHAPE_AFTER)
    return np.take_along_axis(shapes, columns[:, None, :], axis=2), shift


#: Shifts, samples, at which QRS complexes that needn't be aligned to the sample are compared.
_SHIFTS: Final = (-4, 0, 4)


def qrs_likeness(shapes: Shapes, usual: Shapes, weights: NDArray[np.float32]) -> NDArray[np.floating]:
    """Correlation of QRS complexes with the usual one, mean of the leads by their ``weights``, ``[n]``; ``nan`` where
    there is no usual beat. A rough one: beats are moved by 11 ms at most, and not to the sample.

    Args:
        shapes: ``[n, leads, samples]``, millivolts, with margins.
        usual: ``[leads, samples]``, millivolts, without.
        weights: ``[n, leads]``.
    """
    pattern = usual[:, _QRS] - usual[:, _QRS].mean(axis=1, keepdims=True)
    pattern = pattern / (np.linalg.norm(pattern, axis=1, keepdims=True) + _TINY**2)
    shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), _TINY)
    likeness = []
    for shift in _SHIFTS:
        begin = SHAPE_MARGIN + shift + _QRS.start
        qrs = shapes[:, :, begin : begin + _QRS.stop - _QRS.start]
        qrs = qrs - qrs.mean(axis=2, keepdims=True)
        products = np.einsum("nls,ls->nl", qrs, pattern) / (np.linalg.norm(qrs, axis=2) + _TINY**2)
        likeness.append((products * shares).sum(axis=1))
    best: NDArray[np.floating] = np.max(likeness, axis=0)
    return best


def shape_features(shapes: Shapes, usual: Shapes, readable: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The numbers of :data:`NAMES`, ``[n, 42]``; ``nan`` where there is no usual beat.

    Args:
        shapes: ``[n, leads, samples]``, millivolts, aligned, without margins.
        usual: ``[leads, samples]``, millivolts.
        readable: ``[n, leads]``: which count, one or more of each beat's.
    """
    if not len(shapes) or not np.isfinite(usual).all():
        return np.full((len(shapes), len(NAMES)), np.nan, np.float32)
    numbers = np.stack(list(_each_lead(shapes, usual).values()), axis=1)
    counts = readable[:, None, :]
    mean = np.where(counts, numbers, 0).sum(axis=2) / counts.sum(axis=2)
    least = np.where(counts, numbers, np.inf).min(axis=2)
    greatest = np.where(counts, numbers, -np.inf).max(axis=2)
    return np.stack([mean, least, greatest], axis=2).reshape(len(shapes), -1).astype(np.float32)


def _each_lead(shapes: Shapes, usual: Shapes) -> dict[str, NDArray[np.floating]]:
    """The numbers of :data:`_IN_EVERY_LEAD`, ``[n, leads]`` each."""
    usual_qrs, qrs = usual[:, _QRS], shapes[:, :, _QRS]
    usual_power = _rms(usual_qrs) + _TINY
    usual_height = np.ptp(usual_qrs, axis=-1) + _TINY
    width, usual_width = _width(shapes), _width(usual)
    slopes = [np.abs(np.diff(signals, axis=-1)).max(axis=-1) for signals in (qrs, usual_qrs)]
    before, after = _PARTS["before"], _PARTS["after"]
    return {
        "correlation": _correlation(shapes, usual),
        **{f"correlation_{name}": _correlation(shapes[:, :, part], usual[:, part]) for name, part in _PARTS.items()},
        **{
            f"residual_{name}": np.minimum(_rms(shapes[:, :, part] - usual[:, part]) / usual_power, 2**_OCTAVES)
            for name, part in _PARTS.items()
        },
        "height": _octaves(np.ptp(qrs, axis=-1), usual_height),
        "projection": np.clip((qrs * usual_qrs).sum(axis=-1) / (np.square(usual_qrs).sum(axis=-1) + _TINY), -8, 8),
        "width": width,
        "width_to_usual": width / usual_width,
        "slope": _octaves(slopes[0], slopes[1]),
        "after_level": np.clip((shapes[:, :, after].mean(-1) - usual[:, after].mean(-1)) / usual_height, -8, 8),
        "before_energy": _octaves(_rms(shapes[:, :, before]), _rms(usual[:, before])),
    }


def _rms(signals: Shapes) -> NDArray[np.floating]:
    return np.sqrt(np.square(signals).mean(axis=-1))


def _correlation(shapes: Shapes, usual: Shapes) -> NDArray[np.floating]:
    shapes = shapes - shapes.mean(axis=-1, keepdims=True)
    usual = usual - usual.mean(axis=-1, keepdims=True)
    norms = np.linalg.norm(shapes, axis=-1) * np.linalg.norm(usual, axis=-1)
    return (shapes * usual).sum(axis=-1) / (norms + _TINY**2)


def _octaves(values: NDArray[np.floating], usual: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.clip(np.log2((values + _TINY) / (usual + _TINY)), -_OCTAVES, _OCTAVES)


def _width(shapes: Shapes) -> NDArray[np.floating]:
    """Deviation of the slope's energy in time around the QRS, milliseconds; 1 at least."""
    part = np.square(np.diff(shapes[..., _QRS.start - 12 : _QRS.stop + 24], axis=-1)) + _TINY**2
    times = np.arange(part.shape[-1]) * (1000 / SAMPLING_RATE)
    total = part.sum(axis=-1)
    middle = (part * times).sum(axis=-1) / total
    spread = (part * np.square(times - middle[..., None])).sum(axis=-1) / total
    return np.maximum(np.sqrt(spread), 1)
