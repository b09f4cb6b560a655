"""HDF5 files: a whole model of Keras 1 to 3 in one file, and the weights within a ``.keras`` file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.weights import Array, Place, Shape, Stored, Weight


@dataclass(frozen=True, slots=True)
class _Dataset:
    dataset: Any

    @property
    def shape(self) -> Shape:
        return tuple(self.dataset.shape)

    def read(self) -> Array:
        return np.asarray(self.dataset, dtype=np.float32)


def dataset(group: Any, name: str, root: Any, place: Place) -> Stored:
    """An array that lies in the file itself.

    Raises:
        KerasFileError: there is none, it is no array of numbers, or its content lies elsewhere.
    """
    try:
        stored = group[name]
    except (KeyError, OSError, ValueError) as error:
        raise KerasFileError(f"The file has no weights for layer {place.name}.") from error
    if not isinstance(stored, h5py.Dataset) or stored.dtype.kind not in "fiu":
        raise KerasFileError(f"The weights of layer {place.name} are no numbers.")
    if stored.file.filename != root.filename or stored.is_virtual or stored.external:
        raise KerasFileError(f"The weights of layer {place.name} lie outside the file.")
    return _Dataset(stored)


class WholeModelStore:
    """``model.h5``: a group for each layer of the outermost model, which lists its weights and those of all within."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._groups = file.get("model_weights", file)

    def find(self, place: Place, wanted: Sequence[Weight]) -> Sequence[Stored]:
        """See :class:`training.export.keras_files.weights.Store`."""
        try:
            group = self._groups[place.names[0]]
            names = _listed(group.attrs, "weight_names")
        except (KeyError, AttributeError, OSError, ValueError) as error:
            raise KerasFileError(f"The file has no weights for layer {place.name}.") from error
        if len(place.names) > 1:
            names = [_within(names, place, weight) for weight in wanted]
        return [dataset(group, name, self._file, place) for name in names]


def _within(names: Sequence[str], place: Place, weight: Weight) -> str:
    """The one of a nested model's weights that is ``weight`` of the layer at ``place``.

    They are recognised by the ends of their names; their order depends on which layers were trained.
    """
    ends = [f"/{place.names[-1]}/{name}" for name in weight.names]
    matching = [name for name in names if f"/{name.partition(':')[0]}".endswith(tuple(ends))]
    if len(matching) != 1:
        many = "no" if not matching else "more than one"
        raise KerasFileError(f"The file has {many} weight {weight.names[0]} for layer {place.name}.")
    return matching[0]


class ArchiveStore:
    """``model.weights.h5`` within a ``.keras`` file: groups within groups, arrays by their number.

    Keras names the groups by the kinds of the layers, see ``keras.src.saving.saving_lib``.
    """

    #: What the list of a model's layers is called, by Keras 3 and the last of Keras 2, and by Keras 2.12 and 2.13.
    _LISTS = ("layers", "_layer_checkpoint_dependencies")

    def __init__(self, file: Any) -> None:
        self._file = file
        self._list = next((name for name in self._LISTS if name in file), self._LISTS[0])

    def find(self, place: Place, wanted: Sequence[Weight]) -> Sequence[Stored]:
        """See :class:`training.export.keras_files.weights.Store`."""
        path = "/".join(f"{self._list}/{part}" for part in place.stored) + "/vars"
        try:
            group = self._file[path]
        except (KeyError, OSError, ValueError) as error:
            raise KerasFileError(f"The file has no weights for layer {place.name}.") from error
        if not isinstance(group, h5py.Group):
            raise KerasFileError(f"The file has no weights for layer {place.name}.")
        if (name := group.attrs.get("name")) is not None and text(name) != place.names[-1]:
            raise KerasFileError(f"The weights for layer {place.name} are those of layer {text(name)}.")
        count = min(max(len(group), len(wanted)), len(wanted) + 1)  # one too many is enough to see that they don't fit
        return [dataset(group, str(number), self._file, place) for number in range(count)]


def text(value: Any) -> str:
    """An attribute that is text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _listed(attributes: Any, name: str) -> list[str]:
    """A list of names, which Keras cuts in pieces where it is longer than HDF5 takes."""
    if name in attributes:
        return [text(value) for value in attributes[name]]
    pieces: list[str] = []
    while (piece := f"{name}{len(pieces)}") in attributes:
        pieces.append(piece)
    if not pieces:
        raise KeyError(name)
    return [text(value) for piece in pieces for value in attributes[piece]]
