"""The folder of a SavedModel that Keras 2 wrote: its layers are named beside the graph, its weights are a checkpoint.

Only names, numbers and shapes are read from it. The graph in ``saved_model.pb`` is a program; it is not even opened
here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

from training.export.keras_files.bounds import MAX_BYTES, MAX_CONFIG_BYTES, parse_json
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.weights import Array, Place, Shape, Store, Stored, Weight

GRAPH_FILE: Final = "saved_model.pb"
_LAYERS_FILE: Final = "keras_metadata.pb"
_CHECKPOINT: Final = "variables/variables"
_OBJECTS: Final = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE: Final = "VARIABLE_VALUE"


@dataclass(frozen=True, slots=True)
class Described:
    """A SavedModel whose layers are named."""

    version: str
    config: Any
    store: Store


def names_its_layers(folder: Path) -> bool:
    """Whether it is of Keras 2, and so can be read without its graph."""
    return (folder / _LAYERS_FILE).is_file()


def check_folder(folder: Path) -> None:
    """Refuse what is no SavedModel, or a larger one than any that is imported.

    Raises:
        KerasFileError: see above.
    """
    if not (folder / GRAPH_FILE).is_file():
        raise KerasFileError(f"{folder.name} is a folder without {GRAPH_FILE}, so it is no SavedModel.")
    size = 0
    for number, path in enumerate(folder.rglob("*")):
        if path.is_symlink() or number > 10_000:
            raise KerasFileError(f"{folder.name} holds links or too many files to be a SavedModel.")
        size += path.stat().st_size
    if size > MAX_BYTES:
        raise KerasFileError(f"{folder.name} is larger than {MAX_BYTES:,} bytes.")


def described(folder: Path) -> Described:
    """The layers of a SavedModel and where its weights are.

    Raises:
        KerasFileError: it does not name its layers, or can't be understood.
    """
    check_folder(folder)
    try:
        entries = _entries((folder / _LAYERS_FILE).read_bytes())
        root = entries["root"]
        config = root.get("model_config") or {"class_name": root["class_name"], "config": root["config"]}
        store = _CheckpointStore(tf.train.load_checkpoint(str(folder / _CHECKPOINT)), _paths(entries))
    except (
        OSError,
        DecodeError,
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        tf.errors.OpError,
        RuntimeError,
    ) as error:
        raise KerasFileError(f"{_LAYERS_FILE} or the weights in {folder.name} can't be understood.") from error
    return Described(str(root.get("keras_version", "2")), config, store)


def _entries(content: bytes) -> dict[str, dict[str, Any]]:
    """What is noted of each layer, by its path in the checkpoint: ``root.layer_with_weights-0.layer-2``."""
    if len(content) > MAX_CONFIG_BYTES:
        raise KerasFileError(f"{_LAYERS_FILE} has more than {MAX_CONFIG_BYTES:,} bytes.")
    message = _metadata_class()()
    message.ParseFromString(content)
    entries = {}
    for node in message.nodes:
        noted = parse_json(node.metadata, f"{_LAYERS_FILE}, {node.node_path}")
        if isinstance(noted, dict):
            entries[node.node_path] = _plain(noted)
    return entries


def _plain(value: Any) -> Any:
    """Lists in the place of what is written for tuples: ``{"class_name": "__tuple__", "items": […]}``."""
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__" and isinstance(value.get("items"), list):
            return [_plain(item) for item in value["items"]]
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _metadata_class() -> Any:
    """The message ``SavedMetadata`` of ``keras/protobuf/saved_metadata.proto`` (Keras 2.15), but for the versions."""
    file = descriptor_pb2.FileDescriptorProto(
        name="beatlens/saved_metadata.proto", package="beatlens.saved", syntax="proto3"
    )
    saved_object = file.message_type.add(name="SavedObject")
    label, kind = descriptor_pb2.FieldDescriptorProto, descriptor_pb2.FieldDescriptorProto
    for number, name in ((3, "node_path"), (4, "identifier"), (5, "metadata")):
        saved_object.field.add(name=name, number=number, label=label.LABEL_OPTIONAL, type=kind.TYPE_STRING)
    nodes = file.message_type.add(name="SavedMetadata").field
    nodes.add(
        name="nodes",
        number=1,
        label=label.LABEL_REPEATED,
        type=kind.TYPE_MESSAGE,
        type_name=".beatlens.saved.SavedObject",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("beatlens.saved.SavedMetadata"))


def _paths(entries: dict[str, dict[str, Any]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The path of each layer in the checkpoint, by the names of the models that hold it and its own."""
    paths = {}
    for path in entries:
        parts = path.split(".")
        if parts[0] == "root" and all(re.fullmatch(r"layer(_with_weights)?-\d+", part) for part in parts[1:]):
            above = [".".join(parts[: length + 1]) for length in range(1, len(parts))]
            names = tuple(str(entries[place].get("name")) for place in above if place in entries)
            if len(names) == len(above):
                paths[names] = tuple(parts[1:])
    return paths


@dataclass(frozen=True, slots=True)
class _Tensor:
    checkpoint: Any
    key: str
    shape: Shape

    def read(self) -> Array:
        return np.asarray(self.checkpoint.get_tensor(self.key), dtype=np.float32)


class _CheckpointStore:
    """Weights by what holds them: a checkpoint has a graph of objects, whose variables say under which key they lie."""

    def __init__(self, checkpoint: Any, paths: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        self._checkpoint = checkpoint
        self._paths = paths
        self._shapes: dict[str, list[int]] = checkpoint.get_variable_to_shape_map()
        self._types = checkpoint.get_variable_to_dtype_map()
        self._objects = TrackableObjectGraph()
        if self._shapes.get(_OBJECTS) != []:
            raise ValueError("no graph of objects")
        self._objects.ParseFromString(checkpoint.get_tensor(_OBJECTS))

    def find(self, place: Place, wanted: Sequence[Weight]) -> Sequence[Stored]:
        """See :class:`training.export.keras_files.weights.Store`."""
        path = self._paths.get(place.names)
        tensors: list[Stored] = []
        for weight in wanted:
            keys = [self._key((*path, name)) for name in weight.names] if path else []
            key = next((key for key in keys if key in self._shapes), None)
            if key is None or not (self._types[key].is_floating or self._types[key].is_integer):
                raise KerasFileError(f"The folder has no weights for layer {place.name}.")
            tensors.append(_Tensor(self._checkpoint, key, tuple(self._shapes[key])))
        return tensors

    def _key(self, path: Sequence[str]) -> str | None:
        """Under which key the checkpoint has the variable that ``path`` leads to."""
        node = self._objects.nodes[0]
        for name in path:
            below = next((child.node_id for child in node.children if child.local_name == name), None)
            if below is None or not 0 <= below < len(self._objects.nodes):
                return None
            node = self._objects.nodes[below]
        return next((value.checkpoint_key for value in node.attributes if value.name == _VALUE), None)
