"""Is the evidence that the model shows the evidence that it uses? Checked by deletion on held-out beats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from inference_server.models.saliency import over_picture
from training.datasets.prepared_data import Dataset
from training.datasets.splits import divide
from training.evaluation import bootstrap
from training.evaluation.metrics import TableRow
from training.evaluation.served_model import Subject

#: How much of the trace's time is masked.
PART = 0.1

#: Random tenths that the most salient one is held against, for each beat.
RANDOM_PARTS = 5

_BATCH = 256

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def deletion_rows(subject: Subject, data: Dataset, beats: int) -> list[TableRow]:
    """What masking a tenth of the time axis costs the predicted class, in probability: all beats, then by predicted
    class.

    The masked tenth is the one with the most evidence in the map that the server shows; ``random`` is the mean of
    :data:`RANDOM_PARTS` tenths by chance. ``difference`` has its 95 % interval by bootstrap over records.

    Args:
        beats: how many of the model's test partition; by chance, with the run's seed.

    Raises:
        DatasetError: ``data`` are not the beats that the model's split was made of.
    """
    subject.require_its_beats(data)
    generator = np.random.default_rng(subject.config.seed)
    rows = generator.permutation(divide(data, subject.config).test)[:beats]
    records = data.table["record"].to_numpy(dtype=str)[rows]
    predicted, salient, random = drops(data.pixels[0][rows], _probabilities(subject), _maps(subject), generator)
    names = [beat_class.short for beat_class in CLASS_SETS[subject.config.class_set]]
    table_rows = [_row("all", records, salient, random)]
    for label in np.unique(predicted):
        chosen = predicted == label
        table_rows.append(_row(names[label], records[chosen], salient[chosen], random[chosen]))
    return table_rows


def drops(
    pixels: Pixels,
    probabilities: Callable[[Pixels], Floats],
    maps: Callable[[Pixels], Floats],
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Predicted class, and what masking the most salient tenth and random tenths costs it: three arrays ``[N]``.

    Args:
        pixels: canonical pixels ``[N, H, W, 1]``.
        probabilities: ``[N, C]`` of pixels.
        maps: class activation maps ``[N, h, w, C]`` of pixels.
    """
    whole = probabilities(pixels)
    predicted = whole.argmax(axis=1)
    own = np.arange(len(pixels))
    salient = np.empty_like(pixels)
    random = np.empty((RANDOM_PARTS, *pixels.shape), dtype=np.uint8)
    for row, (picture, activation) in enumerate(zip(pixels, maps(pixels), strict=True)):
        height, width, _ = picture.shape
        inked = np.flatnonzero((picture[..., 0] < 255).any(axis=0))
        first, last = (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, width)
        tenth = max(1, round(PART * (last - first)))
        evidence = over_picture(activation[..., predicted[row]], (width, height), height=height, width=width).values
        sums = np.convolve(evidence.sum(axis=0)[first:last], np.ones(tenth), mode="valid")
        salient[row] = _masked(picture, first + int(sums.argmax()), tenth)
        for part in range(RANDOM_PARTS):
            random[part, row] = _masked(picture, first + int(generator.integers(0, len(sums))), tenth)
    before = whole[own, predicted]
    by_chance = np.mean([before - probabilities(masked)[own, predicted] for masked in random], axis=0)
    return predicted, before - probabilities(salient)[own, predicted], by_chance


def _masked(picture: Pixels, start: int, columns: int) -> Pixels:
    masked = picture.copy()
    masked[:, start : start + columns] = 255
    return masked


def _probabilities(subject: Subject) -> Callable[[Pixels], Floats]:
    return lambda pixels: np.concatenate(
        [subject.model.run(part).probabilities for part in np.split(pixels, range(_BATCH, len(pixels), _BATCH))]
    )


def _maps(subject: Subject) -> Callable[[Pixels], Floats]:
    return lambda pixels: np.concatenate(
        [subject.model.activation_maps(part) for part in np.split(pixels, range(_BATCH, len(pixels), _BATCH))]
    )


def _row(predicted_class: str, records: NDArray[np.str_], salient: Floats, random: Floats) -> TableRow:
    difference = salient - random
    _, group = np.unique(records, return_inverse=True)
    sums, sizes = np.bincount(group, weights=difference), np.bincount(group)
    weights = bootstrap.group_weights(len(sums))
    costs = bootstrap.interval(difference.mean(), (weights @ sums) / (weights @ sizes))
    return {
        "predicted": predicted_class,
        "n": len(records),
        "records": len(sums),
        "salient": round(float(salient.mean()), 4),
        "random": round(float(random.mean()), 4),
        "difference": round(costs.value, 4),
        "difference_low": round(costs.low, 4),
        "difference_high": round(costs.high, 4),
        "salient_costs_more": round(float((difference > 0).mean()), 4),
    }
