"""What a network is shown in each epoch: which beats, in which of their pictures, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import tensorflow as tf
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS
from training.datasets.prepared_data import Dataset
from training.datasets.splits import Split
from training.learning.distributed import Team
from training.recipes.provenance import RunConfig
from training.synthetic import names

#: Seeds of generations are so far apart.
_GENERATION: Final = 517


def draw_epoch(
    table: pd.DataFrame, labels: NDArray[np.int64], partitions: Split, config: RunConfig, *, epoch: int
) -> NDArray[np.int64]:
    """Rows of one epoch in training order.

    At most the configured number of beats per person, class and lead; or, with ``beats_per_class``, that many of each
    class, drawn with repetition. A recording's chance is the square root of how many beats of the class it has: someone
    seen for ten seconds counts for more than those beats, someone seen for half an hour does not drown the others.
    With ``synthetic_fraction``, this holds among real and among synthetic recordings.
    """
    generator = np.random.default_rng((seed_of(config), epoch))
    if config.beats_per_class:
        records = table["record"].to_numpy()[partitions.train].astype(str)
        drawn = []
        for label in np.unique(labels[partitions.train]):
            rows = partitions.train[labels[partitions.train] == label]
            _, record, beats = np.unique(
                records[labels[partitions.train] == label], return_inverse=True, return_counts=True
            )
            chance = (1 / np.sqrt(beats))[record]
            if config.synthetic_fraction is not None:
                synthetic = names.rows(table["record"].iloc[rows])
                if 0 < synthetic.sum() < len(rows):
                    chance[synthetic] *= config.synthetic_fraction / chance[synthetic].sum()
                    chance[~synthetic] *= (1 - config.synthetic_fraction) / chance[~synthetic].sum()
            drawn.append(generator.choice(rows, size=_beats_of(label, config), p=chance / chance.sum()))
        return generator.permutation(np.concatenate(drawn))
    shuffled = generator.permutation(partitions.train)
    group = table["patient"].to_numpy()[shuffled].astype(str)
    keys = pd.DataFrame({"patient": group, "label": labels[shuffled], "lead": table["lead"].to_numpy()[shuffled]})
    within_cap = keys.groupby(["patient", "label", "lead"]).cumcount() < config.beats_per_patient_class_and_lead
    # Shuffled again: the cap keeps the first beats of each group, so what is left is front-heavy with large groups.
    return generator.permutation(shuffled[within_cap.to_numpy()])


def _beats_of(label: int, config: RunConfig) -> int:
    if isinstance(config.beats_per_class, int):
        return config.beats_per_class
    return config.beats_per_class.get(CLASS_SETS[config.class_set][label].short, 0)


def epoch_batches(
    data: Dataset,
    labels: NDArray[np.int64],
    rows: NDArray[np.int64],
    config: RunConfig,
    *,
    epoch: int,
    team: Team | None = None,
) -> tf.data.Dataset:
    """Batches of cached pixels, or a worker's shares of them; the only Python is one NumPy gather per batch."""
    generator = np.random.default_rng((seed_of(config), epoch, 1))
    variant = draw_variants(generator, len(rows), data, config.augmented_fraction)
    _, _, height, width, channels = data.pixels.shape
    whole = len(rows) // config.batch_size * config.batch_size or len(rows)

    def gather() -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        for start in range(0, whole, config.batch_size):
            end = min(start + config.batch_size, whole)
            part = team.share(start, end) if team else slice(start, end)
            pixels = data.pixels[variant[part], rows[part]]
            if config.jitter:
                pixels = moved(pixels, *generator.integers(-config.jitter, config.jitter + 1, size=2).tolist())
            yield pixels, labels[rows[part]]

    signature = (
        tf.TensorSpec((None, height, width, channels), tf.uint8),
        tf.TensorSpec((None,), tf.int64),
    )
    batches = tf.data.Dataset.from_generator(gather, output_signature=signature)
    count = -(-whole // config.batch_size)
    return batches.apply(tf.data.experimental.assert_cardinality(count)).prefetch(4)


def draw_variants(
    generator: np.random.Generator, count: int, data: Dataset, augmented_fraction: float
) -> NDArray[np.int64]:
    """Which picture of each of ``count`` beats is shown, 0 the plain one: ``[count]``."""
    variants = data.pixels.shape[0] - 1
    variant = np.zeros(count, dtype=np.int64)
    if variants:
        augmented = generator.random(count) < augmented_fraction
        variant[augmented] = generator.integers(1, variants + 1, size=int(augmented.sum()))
    return variant


def moved(pixels: NDArray[np.uint8], down: int, right: int) -> NDArray[np.uint8]:
    """Pictures ``[N, H, W, C]`` moved by whole pixels on their white paper; what leaves it is cut off."""
    shifted = np.full_like(pixels, 255)
    _, height, width, _ = pixels.shape
    rows, columns = slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0))
    from_rows, from_columns = slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0))
    shifted[:, rows, columns] = pixels[:, from_rows, from_columns]
    return shifted


def seed_of(config: RunConfig) -> int:
    """Networks of an ensemble, and generations, differ in what is by chance."""
    return config.seed + config.member + _GENERATION * (config.generations - 1)
