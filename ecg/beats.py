"""Windows around beats: how long they are, and how they are cut out of a lead."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Samples per second of MIT-BIH; every window is cut at this rate.
SAMPLING_RATE = 360

#: The picture's window around the R peak, samples at 360 Hz: R − 96 … R + 95.
WINDOW_BEFORE = 96
WINDOW_AFTER = 96
WINDOW_SECONDS = (WINDOW_BEFORE + WINDOW_AFTER) / SAMPLING_RATE

#: Extra samples kept on both sides, so that augmentation can shift and stretch without inventing signal.
MARGIN = 32

#: Samples stored for one beat.
STORED_SAMPLES = WINDOW_BEFORE + WINDOW_AFTER + 2 * MARGIN

#: The lead that the pictures show where a record has it (modified limb lead II).
PRIMARY_LEAD = "MLII"


def cut_windows(lead: NDArray[np.float32], samples: NDArray[np.int64], reach: int) -> NDArray[np.float32]:
    """The ``2 * reach`` samples around each of ``samples``; beyond the ends the last value goes on."""
    padded = np.pad(lead, reach, mode="edge")
    return padded[samples[:, None] + np.arange(2 * reach)]
