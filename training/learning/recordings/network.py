"""The network for recordings: pictures of every lead, a tachogram and named numbers to the logits of the classes.

Each lead goes through the same layers, and the leads are put together by their mean and their greatest value; so one
lead or twelve, in any order, make one answer. What isn't known is ``nan`` and told the layers beside a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ecg.beats import WINDOW_AFTER, WINDOW_BEFORE
from ecg.features.arrival import ARRIVAL
from ecg.features.conduction import CONDUCTION
from ecg.features.reach import STRIP_REACH
from ecg.features.stream import FEATURES, INTERVALS
from ecg.leads import STANDARD
from training.datasets.recordings.labelling import CLASSES
from training.datasets.recordings.preparation import STRIP_STEP

WINDOW: Final = WINDOW_BEFORE + WINDOW_AFTER
STRIP: Final = 2 * STRIP_REACH // STRIP_STEP

#: Millivolts under which nothing is made larger, and the largest value that the layers see, times the usual beat.
_LEAST_SCALE: Final = 0.03
_GREATEST: Final = 8.0

#: A number is seen as so many of its spreads away from its middle at most.
_FARTHEST: Final = 6.0

_RR_USUAL: Final = list(FEATURES).index("rr_usual")


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and spread of each number of the beats that train, ``[features]``; robust, ``nan`` left out."""

    middle: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def of(cls, features: NDArray[np.float32]) -> Spread:
        """Median and half the distance between the tenth and the ninetieth percentile."""
        low, middle, high = np.nanpercentile(features, [10, 50, 90], axis=0)
        return cls(middle.astype(np.float32), np.maximum((high - low) / 2, 1e-3).astype(np.float32))


def _known(values: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Values with 0 where unknown, and 1 where known, 0 where not.

    Chosen by ``isnan`` itself: by anything else the converter to ONNX would multiply, and ``nan`` times 0 stays.
    """
    unknown = ops.isnan(values)
    return ops.where(unknown, 0.0, values), 1.0 - ops.cast(unknown, "float32")


@keras.saving.register_keras_serializable("beatlens")
class KnownNumbers(layers.Layer):  # type: ignore[misc]
    """``[N, F]`` with ``nan`` to ``[N, 2 F]``: scaled, 0 where unknown, and whether it is known."""

    def __init__(self, middle: list[float], spread: list[float], **options: object) -> None:
        super().__init__(**options)
        self.middle, self.spread = middle, spread

    def call(self, numbers: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        values, flags = _known(numbers)
        scaled = (values - ops.array(self.middle)) / ops.array(self.spread)
        return ops.concatenate([ops.clip(scaled, -_FARTHEST, _FARTHEST) * flags, flags], axis=-1)

    def get_config(self) -> dict[str, object]:
        """What the layer is made of anew."""
        return super().get_config() | {"middle": self.middle, "spread": self.spread}


@keras.saving.register_keras_serializable("beatlens")
class Tachogram(layers.Layer):  # type: ignore[misc]
    """Intervals ``[N, 96]`` in seconds to ``[N, 96, 2]``: how far each lies from the usual one, and if it is known."""

    def call(self, intervals: keras.KerasTensor, features: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        seconds, flags = _known(intervals)
        mean = ops.sum(seconds, axis=1, keepdims=True) / ops.maximum(ops.sum(flags, axis=1, keepdims=True), 1.0)
        middle, there = _known(features[:, _RR_USUAL : _RR_USUAL + 1])
        usual = ops.maximum(middle + (1.0 - there) * mean, 0.2)
        return ops.stack([ops.clip(seconds / usual - 1.0, -1.0, 2.0) * flags, flags], axis=-1)


#: Two intervals are alike within this share, and one is clearly longer beyond it.
_ALIKE: Final = 0.1
_LONGER: Final = 1.2
_NEAREST: Final = 8


@keras.saving.register_keras_serializable("beatlens")
class AmongIntervals(layers.Layer):  # type: ignore[misc]
    """Intervals ``[N, 96]`` in seconds to ``[N, 14]``: the one before the beat beside all others and the nearest.

    What is usual needn't be what is most frequent: where most beats come early, their interval is the median one, and
    only longer ones tell.
    """

    def call(self, intervals: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        seconds, flags = _known(intervals)
        own = ops.maximum(seconds[:, INTERVALS - 1 : INTERVALS], 0.2)
        columns = []
        for first, last in (
            (0, 2 * INTERVALS),
            (INTERVALS - _NEAREST, INTERVALS + _NEAREST),
            (INTERVALS - _NEAREST, INTERVALS - 1),
            (INTERVALS, INTERVALS + _NEAREST),
        ):
            near, there = seconds[:, first:last], flags[:, first:last]
            count = ops.maximum(ops.sum(there, axis=1, keepdims=True), 1.0)
            mean = ops.sum(near, axis=1, keepdims=True) / count
            columns += [own / ops.maximum(mean, 0.2), own / ops.maximum(ops.max(near, axis=1, keepdims=True), 0.2)]
            if last - first > _NEAREST:
                ratio = near / own
                alike = ops.cast(ops.abs(ratio - 1.0) < _ALIKE, "float32") * there
                longer = ops.cast(ratio > _LONGER, "float32") * there
                columns += [ops.sum(share, axis=1, keepdims=True) / count for share in (alike, longer)]
                squares = ops.sum(ops.square((near - mean) * there), axis=1, keepdims=True) / count
                columns.append(ops.sqrt(squares) / ops.maximum(mean, 0.2))
        return ops.clip(ops.concatenate(columns, axis=-1), 0.0, 4.0) * flags[:, INTERVALS - 1 : INTERVALS]


@keras.saving.register_keras_serializable("beatlens")
class LeadPictures(layers.Layer):  # type: ignore[misc]
    """The beat and its difference ``[N, L, 192]`` to ``[N, L, 192, 2]``, over the usual beat's height; the strip to
    ``[N, L, 216, 1]`` likewise; and ``[N, L, 1]``: whether the lead shows anything.
    """

    def call(
        self, windows: keras.KerasTensor, difference: keras.KerasTensor, strip: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, ...]:
        """See the class."""
        beat, seen = _level(windows)
        beyond, _ = _known(difference)
        usual = beat - beyond
        scale = ops.sqrt(ops.mean(ops.square(usual), axis=-1, keepdims=True)) + _LEAST_SCALE
        surroundings, _ = _level(strip)
        pictures = ops.stack([_bounded(beat / scale), _bounded(beyond / scale)], axis=-1)
        return pictures, ops.expand_dims(_bounded(surroundings / scale), -1), seen


def _level(signal: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Signals with mean 0, 0 where unknown, and whether any of each is known, ``[N, L, 1]``."""
    values, flags = _known(signal)
    count = ops.sum(flags, axis=-1, keepdims=True)
    mean = ops.sum(values, axis=-1, keepdims=True) / ops.maximum(count, 1.0)
    return (values - mean) * flags, ops.cast(count > 0, "float32")


def _bounded(values: keras.KerasTensor) -> keras.KerasTensor:
    return ops.clip(values, -_GREATEST, _GREATEST)


@keras.saving.register_keras_serializable("beatlens")
class NamedLeads(layers.Layer):  # type: ignore[misc]
    """``[N, L, D]`` and which leads they are, ``[N, L]``, to ``[N, L, D + 12]``: 1 for the lead, 0 for others."""

    def call(self, values: keras.KerasTensor, places: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        named = ops.cast(ops.equal(ops.expand_dims(places, -1), ops.arange(len(STANDARD), dtype="float32")), "float32")
        return ops.concatenate([values, named], axis=-1)


@keras.saving.register_keras_serializable("beatlens")
class OverLeads(layers.Layer):  # type: ignore[misc]
    """``[N, L, D]`` and which leads count, ``[N, L, 1]``, to their mean and greatest value, ``[N, 2 D]``."""

    def call(self, values: keras.KerasTensor, seen: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        mean = ops.sum(values * seen, axis=1) / ops.maximum(ops.sum(seen, axis=1), 1.0)
        greatest = ops.max(values * seen, axis=1)  # values are positive
        return ops.concatenate([mean, greatest], axis=-1)


def build(spread: Spread, arrival: Spread, *, dropout: float = 0.3) -> keras.Model:
    """The network. Inputs by name as the model file has them, but for the strip, a quarter of its samples.

    Args:
        spread: Of ``features`` of the beats that train.
        arrival: Of ``arrival``, likewise.
        dropout: Share of what layers pass on that is left out by chance in training.

    Returns:
        A model from ``windows``, ``difference`` ``[N, L, 192]``, ``strip`` ``[N, L, 216]``, ``leads`` ``[N, L]``,
        ``intervals`` ``[N, 96]``, ``features`` ``[N, 60]``, ``arrival`` ``[N, 32]`` and ``conduction`` ``[N, 41]``,
        which only trees beside it look at, to logits, ``[N, 6]`` in the order of
        :data:`~training.datasets.recordings.labelling.CLASSES`.
    """
    shapes = {
        "windows": (None, WINDOW),
        "difference": (None, WINDOW),
        "strip": (None, STRIP),
        "intervals": (2 * INTERVALS,),
        "features": (len(FEATURES),),
        "arrival": (len(ARRIVAL),),
        "conduction": (len(CONDUCTION),),
        "leads": (None,),
    }
    inputs = {name: keras.Input(shape, name=name) for name, shape in shapes.items()}
    pictures, strip, seen = LeadPictures()(inputs["windows"], inputs["difference"], inputs["strip"])
    pictures = layers.AveragePooling2D((1, 2))(pictures)
    beat = _encoded(pictures, (24, 40, 56), (7, 5, 3), 64)
    around = _encoded(strip, (12, 16, 24), (7, 5, 5), 32)
    named = NamedLeads()(layers.Concatenate()([beat, around]), inputs["leads"])
    leads = OverLeads()(layers.Dense(96, activation="relu")(named), seen)
    rhythm = Tachogram()(inputs["intervals"], inputs["features"])
    for filters, kernel in ((16, 7), (24, 5), (24, 5)):
        rhythm = layers.Conv1D(filters, kernel, strides=2, padding="same", activation="relu")(rhythm)
    rhythm = layers.Dense(48, activation="relu")(layers.Flatten()(rhythm))
    numbers = KnownNumbers(spread.middle.tolist(), spread.spread.tolist())(inputs["features"])
    came = KnownNumbers(arrival.middle.tolist(), arrival.spread.tolist())(inputs["arrival"])
    numbers = layers.Concatenate()([numbers, came, AmongIntervals()(inputs["intervals"])])
    numbers = layers.Dense(96, activation="relu")(numbers)
    together = layers.Concatenate()([layers.Dropout(dropout)(leads), rhythm, numbers])
    hidden = layers.Dense(96, activation="relu")(layers.Dropout(dropout)(together))
    hidden = layers.Dense(48, activation="relu")(layers.Dropout(dropout)(hidden))
    return keras.Model(inputs, layers.Dense(len(CLASSES), name="logits")(hidden), name="recordings")


def numbers_of(inputs: Mapping[str, keras.KerasTensor]) -> keras.KerasTensor:
    """What trees look at, ``[N, 106]``: ``features``, ``arrival`` and intervals among each other."""
    return ops.concatenate([inputs["features"], inputs["arrival"], AmongIntervals()(inputs["intervals"])], axis=-1)


def _encoded(
    pictures: keras.KerasTensor, filters: tuple[int, ...], kernels: tuple[int, ...], size: int
) -> keras.KerasTensor:
    """``[N, L, T, C]`` to ``[N, L, size]``, each lead by itself, at least 0."""
    for number, kernel in zip(filters, kernels, strict=True):
        pictures = layers.Conv2D(number, (1, kernel), strides=(1, 2), padding="same", activation="relu")(pictures)
    flat = layers.Reshape((-1, pictures.shape[2] * pictures.shape[3]))(pictures)
    return layers.Dense(size, activation="relu")(flat)
