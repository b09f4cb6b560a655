"""What people say about the program that an imported network was trained in: how it turned pictures into numbers."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ecg.classes import CLASS_SETS, TrainingClass, class_named
from ecg.pictures.rendering import CLASSIC
from inference_server.models.model_input import ModelInput
from inference_server.models.pixels_as_sent import Colour, Resample, Steps
from training import TrainingError

#: The most that one side of a picture may exceed the other.
_MOST_STRETCHED: Final = 8

#: No factor that anybody writes is longer.
_MOST_LETTERS: Final = 100

#: What ``--resample`` calls the server's own pixels.
CANONICAL: Final = "canonical"

Numbers = float | tuple[float, ...]

_SHORT: Final = re.compile(r"[A-Z][A-Z0-9_]*")


class ImportRefused(TrainingError):  # noqa: N818 - reads as what happened
    """The model can't be served as asked; nothing was written."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How the old program turned a picture into the network's input."""

    rescale: Numbers | None
    """What grey levels (0 to 255) were multiplied by; one number, or one for each channel. None: not at all, the
    network does so itself."""
    drawn: tuple[int, int] = (CLASSIC.width, CLASSIC.height)
    """Width and height, pixels, of the pictures, which it stretched to the network's input. For canonical pixels."""
    ink: int = 0
    """Grey level of the line. Serving blackens every line, the served graph takes that back. For canonical pixels."""
    offset: Numbers = 0.0
    """What was added after that; one number, or one for each channel."""
    resample: Resample | None = None
    """How it resized; the server then does the same. None: the server makes its own, canonical pixels."""
    colour: Colour | None = None
    """What its pixels were; by default RGB, or grey for one channel."""

    def colour_of(self, channels: int) -> Colour:
        """What the pixels of a network with so many channels are.

        Raises:
            ImportRefused: they can't be that.
        """
        colour = self.colour or (Colour.GREY if channels == 1 else Colour.RGB)
        if colour.channels != channels:
            raise ImportRefused(f"--colour {colour} has {colour.channels} channels, the network takes {channels}.")
        return colour

    def model_input(self, height: int, width: int, channels: int) -> ModelInput:
        """What the served model takes, for a network of this input."""
        colour = self.colour_of(channels)
        if self.resample is None:
            across, up = self.drawn
            return ModelInput(height, max(1, round(height * across / up)))
        return ModelInput(height, width, channels, Steps(self.resample, colour))

    def numbers(self, channels: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Factor and offset, each ``[1]`` or ``[channels]``.

        Raises:
            ImportRefused: there are numbers for other channels than the network has.
        """
        by_channel = []
        for option, value in (("rescale", 1.0 if self.rescale is None else self.rescale), ("offset", self.offset)):
            numbers = np.atleast_1d(np.asarray(value, dtype=np.float32))
            if numbers.size not in (1, channels):
                raise ImportRefused(f"--{option} has {numbers.size} numbers, the network takes {channels} channels.")
            by_channel.append(numbers)
        return by_channel[0], by_channel[1]

    def described(self, height: int, width: int, channels: int) -> str:
        """The old program's steps, for people."""
        factor, offset = self.numbers(channels)
        steps = [self.colour_of(channels).upper(), f"{self.resample or Resample.NEAREST} to {width}x{height}"]
        steps.append("× " + ", ".join(f"{number:.6g}" for number in factor))
        if offset.any():
            steps.append("+ " + ", ".join(f"{number:.6g}" for number in offset))
        return ", ".join(steps)

    def to_json(self) -> dict[str, Any]:
        """For :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` gave, after it was written and read."""

        def numbers(value: Any) -> Numbers:
            return tuple(value) if isinstance(value, list) else value

        return cls(
            rescale=numbers(fields["rescale"]),
            drawn=tuple(fields["drawn"]),
            ink=fields["ink"],
            offset=numbers(fields["offset"]),
            resample=fields["resample"] and Resample(fields["resample"]),
            colour=fields["colour"] and Colour(fields["colour"]),
        )


def parse_rescale(text: str) -> Numbers:
    """``1/255``, ``1./255``, ``0.00392`` or one such factor for each channel, as people write them in a program.

    Raises:
        ImportRefused: no positive number.
    """
    values = _numbers(text, "rescale")
    if not all(value > 0 for value in values):
        raise ImportRefused(f"--rescale {text!r} is not a positive number.")
    return values[0] if len(values) == 1 else tuple(values)


def parse_offset(text: str) -> Numbers:
    """``-1``, or ``-103.939,-116.779,-123.68``.

    Raises:
        ImportRefused: no number.
    """
    values = _numbers(text, "offset")
    return values[0] if len(values) == 1 else tuple(values)


def _numbers(text: str, option: str) -> list[float]:
    plain = re.sub(r"^\s*(re)?scale\s*=\s*|^\s*offset\s*=\s*", "", text)
    try:
        if len(plain) > _MOST_LETTERS:
            raise ValueError("too long")
        parsed = ast.parse(plain.strip(), mode="eval").body
        parts = parsed.elts if isinstance(parsed, ast.Tuple) else [parsed]
        values = [float(_value(part)) for part in parts]
        if not all(np.isfinite(values)):
            raise ValueError("not finite")
    except (ValueError, SyntaxError, ZeroDivisionError, OverflowError, RecursionError, MemoryError) as error:
        raise ImportRefused(f"--{option} {text!r} is no number; write it like 1/255.") from error
    if len(values) not in (1, 3):
        raise ImportRefused(
            f"--{option} {text!r} has {len(values)} numbers; write one, or one for each of three channels."
        )
    return values


_OPERATORS: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _value(node: ast.expr) -> float:
    """A number, or products, quotients and signs of numbers. Nothing else is looked at, and nothing is run."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("neither a number nor a product or quotient of numbers")


def parse_size(text: str, option: str = "drawn") -> tuple[int, int]:
    """``192x128`` as width and height.

    Raises:
        ImportRefused: not two whole numbers, or a shape that no beat is drawn in.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", text)
    if match is None:
        raise ImportRefused(f"--{option} {text!r} is no size; write it like 192x128.")
    width, height = int(match[1]), int(match[2])
    if not 1 / _MOST_STRETCHED <= width / height <= _MOST_STRETCHED:
        raise ImportRefused(
            f"--{option} {text!r} is more than {_MOST_STRETCHED} times as long as it is high, or as high."
        )
    return width, height


def parse_classes(text: str) -> list[TrainingClass]:
    """Classes in output order, separated by commas: names that are known, or ``SHORT=Full name``.

    Raises:
        ImportRefused: a class is unknown or named twice.
    """
    known = CLASS_SETS["eight"]
    classes: list[TrainingClass] = []
    for part in (part.strip() for part in text.split(",")):
        short, _, name = (piece.strip() for piece in part.partition("="))
        if name and _SHORT.fullmatch(short):
            classes.append(TrainingClass(short, name, symbol=""))
        elif (beat_class := class_named(part, known)) is not None:
            classes.append(beat_class)
        else:
            raise ImportRefused(
                f"There is no class {part!r}. Write SHORT=Full name for a class of your own; known are"
                f" {', '.join(beat_class.short for beat_class in known)}."
            )
    if len({beat_class.short for beat_class in classes}) != len(classes):
        raise ImportRefused("A class is named twice.")
    return classes


def parse_resample(text: str) -> Resample | None:
    """A way to resize; None for canonical pixels.

    Raises:
        ImportRefused: it is none that is known.
    """
    if text == CANONICAL:
        return None
    if text not in list(Resample):
        raise ImportRefused(f"--resample {text!r} is not known; there are {', '.join(Resample)} and {CANONICAL}.")
    return Resample(text)


def parse_colour(text: str) -> Colour:
    """What a pixel's numbers are.

    Raises:
        ImportRefused: it is nothing that is known.
    """
    if text not in list(Colour):
        raise ImportRefused(f"--colour {text!r} is not known; there are {', '.join(Colour)}.")
    return Colour(text)
