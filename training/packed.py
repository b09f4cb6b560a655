"""Arrays in files that NumPy reads, packed closer than NumPy packs them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_LZMA, ZipFile

import numpy as np
from numpy.typing import NDArray


def write(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write them under their names, for ``np.load``; the file is there whole or not at all."""
    partial = path.with_suffix(".partial.npz")
    with ZipFile(partial, "w", ZIP_LZMA) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    os.replace(partial, path)
