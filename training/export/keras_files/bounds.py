"""How large a stranger's model may be, before anything of that size is read or made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from training.export.keras_files.errors import KerasFileError

#: The largest file, and all weights together, bytes; the inference server reads no larger model either.
MAX_BYTES: Final = 512 * 1024 * 1024

#: A model's configuration. EfficientNetB7's has 0.8 MB.
MAX_CONFIG_BYTES: Final = 16 * 1024 * 1024

#: Layers in all, of nested models too. EfficientNetB7 has 814.
MAX_LAYERS: Final = 4_000

#: Models within models.
MAX_DEPTH: Final = 8

#: Numbers that one layer gives for one picture. The largest of VGG16's for 512 × 512 pixels has 17 million.
MAX_FEATURES: Final = 64 * 1024 * 1024

#: Bounds of the input's sides, pixels.
LEAST_SIDE: Final = 16
MOST_SIDE: Final = 512


def parse_json(text: bytes | str, described: str) -> Any:
    """JSON of bounded size and depth.

    Raises:
        KerasFileError: it is too large, too deep or no JSON.
    """
    if len(text) > MAX_CONFIG_BYTES:
        raise KerasFileError(f"{described} has more than {MAX_CONFIG_BYTES:,} bytes.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KerasFileError(f"{described} can't be understood.") from error


def check_features(shape: Sequence[int | None], layer: str) -> None:
    """Refuse the output of ``layer`` where it is larger than any classifier of pictures needs.

    Raises:
        KerasFileError: see above, or a side other than the first is not known.
    """
    size = 1
    for side in shape[1:]:
        if side is None:
            raise KerasFileError(f"Layer {layer} gives features whose size depends on the picture: {tuple(shape)}.")
        size *= side
    if size > MAX_FEATURES:
        raise KerasFileError(f"Layer {layer} gives {size:,} numbers for a picture; the limit is {MAX_FEATURES:,}.")
