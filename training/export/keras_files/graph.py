"""The configuration of a model, in any dialect, as a list of layers and who feeds whom."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from training.export.keras_files.bounds import MAX_DEPTH, MAX_LAYERS
from training.export.keras_files.errors import KerasFileError
from training.export.keras_files.layers import Layer
from training.export.keras_files.weights import Place

#: What a model is called whose layers are a chain, and one whose layers are any graph.
SEQUENTIAL: Final = "Sequential"
FUNCTIONAL: Final = ("Functional", "Model")

#: Where Keras' own classes come from. Another module means a class of the person's own, whatever its name.
_OWN_MODULES: Final = re.compile(r"(keras|tf_keras|tensorflow\.python\.keras|tensorflow\.keras)(\.|$)")

#: How Keras 2 writes the first argument of an operation that is a number.
_CONSTANT: Final = "_CONSTANT_VALUE"


@dataclass(frozen=True, slots=True)
class Ref:
    """An output of a layer of the same model."""

    layer: str
    call: int
    """A layer may be used several times."""


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer."""

    args: tuple[Any, ...]
    """:class:`Ref`, numbers, lists of either, or what else the file has: data, never code."""
    kwargs: Mapping[str, Any]

    def refs(self) -> list[Ref]:
        """What feeds it, in order."""
        return list(_refs((*self.args, *self.kwargs.values())))


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, operation or model within a model."""

    layer: Layer
    place: Place
    calls: tuple[Call, ...]
    inner: Graph | None
    """Set for a model."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A model with one input and one output."""

    nodes: tuple[Node, ...]
    source: str
    """The name of the layer that stands for the input."""
    output: Ref
    input_shape: tuple[int | None, ...] | None
    """``(None, height, width, channels)``; None where the file does not tell."""


class Parser:
    """Reads one file's configuration."""

    def __init__(self, major: int) -> None:
        self._major = major
        self._layers = 0

    def parse(self, config: Any, place: Place | None = None) -> Graph:
        """The graph of a model's configuration, ``{"class_name": …, "config": …}``.

        Raises:
            KerasFileError: it is no such configuration, or a kind of model that can't be imported.
        """
        place = place or Place((), ())
        try:
            kind, inner = config["class_name"], config["config"]
            if len(place.names) > MAX_DEPTH:
                raise KerasFileError(f"Model {place.name} lies deeper than {MAX_DEPTH} models within each other.")
            if kind == SEQUENTIAL:
                return self._sequential(inner, place)
            if kind in FUNCTIONAL and isinstance(inner, Mapping) and "layers" in inner:
                return self._functional(inner, place)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            raise KerasFileError(f"The configuration of {_called(place)} can't be understood.") from error
        raise KerasFileError(
            f"{_called(place).capitalize()} is a {kind}, a class of its author's own, whose program the file does not"
            " hold; Sequential and Functional models can be imported, and what model.export() writes."
        )

    def _sequential(self, inner: Any, place: Place) -> Graph:
        # Keras 1 and early Keras 2 have the list itself, later ones a dictionary around it.
        listed = inner["layers"] if isinstance(inner, Mapping) else inner
        if not listed:
            raise KerasFileError(f"{_called(place).capitalize()} has no layers.")
        nodes = []
        last = Ref("", 0)
        for described, stored in zip(listed, self._stored(listed, place), strict=True):
            name = str(described["config"].get("name", described.get("name", "")))
            nodes.append(self._node(described, name, Place((*place.names, name), stored), (Call((last,), {}),)))
            last = Ref(name, 0)
        if len({node.layer.name for node in nodes}) != len(nodes):
            raise KerasFileError(f"Two layers of {_called(place)} have the same name.")
        return Graph(tuple(nodes), "", last, _sequential_input(inner, listed))

    def _functional(self, inner: Mapping[str, Any], place: Place) -> Graph:
        (source,), (output,) = (_only(inner, key, place) for key in ("input_layers", "output_layers"))
        nodes = []
        listed = inner["layers"]
        for described, stored in zip(listed, self._stored(listed, place), strict=True):
            name = str(described.get("name") or described["config"]["name"])
            calls = tuple(_call(call) for call in described.get("inbound_nodes") or ())
            nodes.append(self._node(described, name, Place((*place.names, name), stored), calls))
        output_ref = Ref(str(output[0]), int(output[1]))
        nodes, output_ref = _counted_from_zero(nodes, output_ref)
        shape = next((_shape(node.layer.config) for node in nodes if node.layer.name == source[0]), None)
        return Graph(tuple(nodes), str(source[0]), output_ref, shape)

    def _node(self, described: Mapping[str, Any], name: str, place: Place, calls: tuple[Call, ...]) -> Node:
        self._layers += 1
        if self._layers > MAX_LAYERS:
            raise KerasFileError(f"The model has more than {MAX_LAYERS:,} layers.")
        kind, config = str(described["class_name"]), described["config"]
        module = described.get("module")
        if (module and not _OWN_MODULES.match(str(module))) or ">" in kind:
            raise KerasFileError(
                f"Layer {name} is a {kind}, a class of its author's own, whose program the file does not hold."
            )
        is_model = kind == SEQUENTIAL or kind in FUNCTIONAL
        graph = self.parse(described, place) if is_model else None
        return Node(Layer(kind, name, {} if graph else dict(config), self._major), place, calls, graph)

    @staticmethod
    def _stored(listed: Sequence[Mapping[str, Any]], place: Place) -> Iterator[tuple[str, ...]]:
        """What a ``.keras`` file calls each layer: by its kind, and numbered from the second one on."""
        met: Counter[str] = Counter()
        for described in listed:
            kind = _snake_case(str(described["class_name"]))
            yield (*place.stored, f"{kind}_{met[kind]}" if met[kind] else kind)
            met[kind] += 1


def _called(place: Place) -> str:
    return f"model {place.name}" if place.names else "the model"


def _snake_case(name: str) -> str:
    """As ``keras.src.utils.naming.to_snake_case``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _sequential_input(inner: Any, listed: Sequence[Mapping[str, Any]]) -> tuple[int | None, ...] | None:
    first = listed[0]
    if (shape := _shape(first["config"])) is not None:
        return shape
    if first["class_name"] in (SEQUENTIAL, *FUNCTIONAL) and isinstance(first["config"], Mapping):
        return _sequential_input(first["config"], first["config"]["layers"])
    if isinstance(inner, Mapping) and (built := inner.get("build_input_shape")):
        return _plain_shape(built)
    built = first.get("build_config")
    return _plain_shape(built.get("input_shape")) if isinstance(built, Mapping) else None


def _shape(config: Any) -> tuple[int | None, ...] | None:
    if not isinstance(config, Mapping):
        return None
    return _plain_shape(config.get("batch_input_shape") or config.get("batch_shape"))


def _plain_shape(shape: Any) -> tuple[int | None, ...] | None:
    if not isinstance(shape, list | tuple):
        return None
    if any(side is not None and (not isinstance(side, int) or isinstance(side, bool)) for side in shape):
        raise KerasFileError(f"The input shape is {shape}; expected [null, height, width, channels] in numbers.")
    return tuple(shape)


def _only(inner: Mapping[str, Any], key: str, place: Place) -> list[Any]:
    """The one input or output layer, ``[name, call, tensor]``, in a list."""
    listed = inner[key]
    if isinstance(listed, Mapping):
        listed = list(listed.values())
    if listed and isinstance(listed[0], str):
        listed = [listed]
    if len(listed) != 1:
        plural = "inputs" if key == "input_layers" else "outputs"
        raise KerasFileError(f"{_called(place).capitalize()} has {len(listed)} {plural}; one can be served.")
    return list(listed)


def _call(call: Any) -> Call:
    if isinstance(call, Mapping):  # Keras 3
        return Call(
            tuple(_value(argument) for argument in call["args"]),
            {name: _value(value) for name, value in call["kwargs"].items()},
        )
    tensors = [call] if isinstance(call[0], str) else call
    refs = [_second_dialect(tensor) for tensor in tensors]
    more = tensors[0][3] if len(tensors[0]) > 3 else {}
    return Call(tuple(refs), {name: _value(value) for name, value in dict(more).items()})


def _second_dialect(tensor: Sequence[Any]) -> Any:
    """``[layer, call, tensor, arguments]`` of Keras 1 and 2."""
    name, call, index = tensor[:3]
    if name == _CONSTANT:
        return index
    return Ref(str(name), int(call))


def _counted_from_zero(nodes: list[Node], output: Ref) -> tuple[list[Node], Ref]:
    """The same graph, where the first use of every layer is number 0.

    Keras 2 counts a model within a model from 1 on: number 0 is how it was made itself.
    """
    highest: dict[str, int] = {}
    for ref in (output, *(ref for node in nodes for call in node.calls for ref in call.refs())):
        highest[ref.layer] = max(ref.call, highest.get(ref.layer, 0))
    shifts = {
        node.layer.name: max(0, highest.get(node.layer.name, 0) - len(node.calls) + 1)
        for node in nodes
        if node.inner is not None
    }

    def shifted(value: Any) -> Any:
        if isinstance(value, Ref):
            return replace(value, call=value.call - shifts.get(value.layer, 0))
        return [shifted(element) for element in value] if isinstance(value, list | tuple) else value

    recounted = [
        replace(
            node,
            calls=tuple(
                Call(
                    tuple(shifted(argument) for argument in call.args),
                    {name: shifted(value) for name, value in call.kwargs.items()},
                )
                for call in node.calls
            ),
        )
        for node in nodes
    ]
    return recounted, shifted(output)


def _value(value: Any) -> Any:
    """An argument, with references in the place of what the file writes for them."""
    if isinstance(value, Mapping):
        kind, config = value.get("class_name"), value.get("config")
        if kind == "__keras_tensor__" and isinstance(config, Mapping):
            name, call, _ = config["keras_history"]
            return Ref(str(name), int(call))
        if kind == "__tensor__" and isinstance(config, Mapping):
            return config["value"]
        return value
    if isinstance(value, list | tuple):
        if len(value) == 3 and isinstance(value[0], str) and all(type(number) is int for number in value[1:]):
            return _second_dialect(value)
        return [_value(element) for element in value]
    return value


def _refs(values: Sequence[Any]) -> Iterator[Ref]:
    for value in values:
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, list | tuple):
            yield from _refs(value)
