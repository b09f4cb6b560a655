"""What was saved, whichever way, to a graph: the work of :mod:`training.export.importing.process`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from training.export.importing import conversion, old_program, saved_graph
from training.export.importing.answer import Answer
from training.export.importing.conversion import Network
from training.export.importing.options import ImportRefused, Preprocessing
from training.export.keras_files import classifier, saved_model
from training.export.keras_files.errors import KerasFileError
from training.export.onnx_conversion import Outputs


class _Opened(NamedTuple):
    network: Network
    classes: int | None
    """None where it is only known from its outputs."""
    served: Callable[[Preprocessing], Callable[[tf.Tensor], Outputs]]
    format: str
    version: str
    scaling: tuple[str, ...]
    notes: list[str]


def imported(request: dict[str, Any], out: Path) -> dict[str, Any]:
    """Do what ``request`` says and write the graph to ``out``.

    Returns:
        The fields of :class:`training.export.importing.answer.Answer`.

    Raises:
        KerasFileError: what was saved can't be used.
        ImportRefused: it does not fit what was said of it.
    """
    size = request["size"] and (int(request["size"][0]), int(request["size"][1]))
    opened = _opened(Path(request["source"]), size)
    preprocessing, more = _preprocessing(request["preprocessing"], opened)
    named = int(request["classes"])
    if opened.classes is not None:
        _require_classes(opened.classes, named)
    shape = (opened.network.height, opened.network.width, opened.network.channels)
    takes = preprocessing.model_input(*shape)
    own = request["pictures"]
    pictures = old_program.pictures_in(Path(own), takes) if own else old_program.drawn_pictures()
    converted = conversion.convert(opened.network, opened.served(preprocessing), preprocessing, pictures)
    _require_classes(converted.classes, named)
    out.write_bytes(converted.model.SerializeToString())
    answer = Answer(
        classes=converted.classes,
        parity=converted.parity,
        pictures=converted.agreement.pictures,
        same=converted.agreement.same,
        input=_input_metadata(takes),
        preprocessing=preprocessing.to_json(),
        format=opened.format,
        version=opened.version,
        old_program=preprocessing.described(*shape),
        notes=[*opened.notes, *more],
        has_maps="activation_maps" in {output.name for output in converted.model.graph.output},
    )
    return asdict(answer)


def _opened(source: Path, size: tuple[int, int] | None) -> _Opened:
    if not source.is_dir():
        return _with_layers(source, size)
    if not saved_model.names_its_layers(source):
        return _graph(source, size, [])
    try:
        return _with_layers(source, size)
    except KerasFileError as error:
        # A layer that is not known may still be a graph of operations that are.
        try:
            return _graph(source, size, [f"Its layers can't be read ({error}), so its graph was converted."])
        except KerasFileError as other:
            raise KerasFileError(f"{error} Nor can its graph be used: {other}") from error


def _with_layers(source: Path, size: tuple[int, int] | None) -> _Opened:
    keras_classifier = classifier.read(source, size)
    notes = []
    if keras_classifier.ends_in_logits:
        function = "softmax" if keras_classifier.ending == classifier.SOFTMAX else "sigmoid"
        notes.append(f"The model ends without a {function}, which was added.")
    return _Opened(
        network=keras_classifier,
        classes=keras_classifier.classes,
        served=lambda preprocessing: conversion.of_keras(keras_classifier, preprocessing),
        format=f"Keras {keras_classifier.keras_version}, {keras_classifier.format}",
        version=keras_classifier.keras_version,
        scaling=keras_classifier.scaling,
        notes=notes,
    )


def _graph(source: Path, size: tuple[int, int] | None, notes: list[str]) -> _Opened:
    graph = saved_graph.read(source, size)
    if graph.ending in ("softmax", "sigmoid"):
        notes = [*notes, f"Its outputs are no probabilities; a {graph.ending} was added."]
    return _Opened(
        network=graph,
        classes=None,
        served=graph.served,
        format=f"TensorFlow {graph.version}, SavedModel",
        version=graph.version,
        scaling=(),
        notes=notes,
    )


def _preprocessing(fields: dict[str, Any], opened: _Opened) -> tuple[Preprocessing, list[str]]:
    """What was said of the old program; where nothing was said of scaling, it is the model's own."""
    named = ", ".join(opened.scaling)
    if fields["rescale"] is not None:
        preprocessing = Preprocessing.from_json(fields)
        note = f"The model scales pixels itself (layer {named}); what --rescale says comes before that."
        return preprocessing, [note] if opened.scaling and preprocessing.rescale != 1.0 else []
    if not opened.scaling:
        raise ImportRefused(
            "What did the old program multiply grey levels by? Say --rescale 1/255, or --rescale 1 where it did not."
        )
    return Preprocessing.from_json(fields | {"rescale": 1.0}), [
        f"The model scales pixels itself (layer {named}), so nothing else does."
    ]


def _require_classes(outputs: int, named: int) -> None:
    if outputs != named:
        raise ImportRefused(f"The model has {outputs} outputs, but {named} classes are named.")


def _input_metadata(takes: Any) -> dict[str, Any]:
    """The entry ``input`` of the model file."""
    steps = {} if takes.steps is None else {"resample": str(takes.steps.resample), "colour": str(takes.steps.colour)}
    return {"height": takes.height, "width": takes.width, "channels": takes.channels, **steps}
