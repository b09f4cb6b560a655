"""Beat classes: what people call them, their MIT-BIH annotation symbols, and the named sets that a model may learn."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class TrainingClass:
    """A class to learn: what people call it and which annotation symbols mark it."""

    short: str
    name: str
    symbol: str
    """MIT-BIH beat annotation code (https://archive.physionet.org/physiobank/annotations.shtml)."""
    others: str = ""
    """Codes of further kinds of beats that belong to the class."""
    aliases: tuple[str, ...] = ()
    """What else people call it, see :func:`class_named`. Only names that mean no other class anywhere: ``PAB`` (paced
    or premature atrial) and ``VEB`` (escape or ectopic) mean two, by who writes them."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every annotation code of the class."""
        return (self.symbol, *self.others)


NORMAL = TrainingClass("NORMAL", "Normal", "N", aliases=("NOR", "NSR", "Normal sinus rhythm"))
LBBB = TrainingClass("LBBB", "Left Bundle Branch Block", "L", aliases=("LBB", "Left BBB", "LSB", "Linksschenkelblock"))
RBBB = TrainingClass(
    "RBBB", "Right Bundle Branch Block", "R", aliases=("RBB", "Right BBB", "RSB", "Rechtsschenkelblock")
)
PAC = TrainingClass(
    "PAC",
    "Premature Atrial Contraction",
    "A",
    aliases=(
        "APC",
        "APB",
        "Premature atrial beat",
        "Premature atrial complex",
        "Atrial premature beat",
        "Atrial premature complex",
        "Atrial premature contraction",
        "Atrial extrasystole",
        "Vorhofextrasystole",
        "Vorhofextrasystolen",
    ),
)
PVC = TrainingClass(
    "PVC",
    "Premature Ventricular Contraction",
    "V",
    aliases=(
        "VPC",
        "VPB",
        "PVB",
        "VES",
        "Premature ventricular beat",
        "Premature ventricular complex",
        "Ventricular premature beat",
        "Ventricular premature complex",
        "Ventricular premature contraction",
        "Ventricular extrasystole",
        "Ventrikuläre Extrasystole",
        "Ventrikuläre Extrasystolen",
    ),
)
VF = TrainingClass(
    "VF",
    "Ventricular Fibrillation",
    "!",
    aliases=("VFIB", "V fib", "VFL", "VFW", "Ventricular flutter", "Ventricular flutter wave", "Kammerflimmern"),
)
PACED = TrainingClass(
    "PACED", "Paced", "/", aliases=("Pace", "Pacemaker", "Schrittmacher", "Schrittmacherschlag", "Schrittmacherschläge")
)
ESCAPE = TrainingClass("VESC", "Ventricular Escape", "E", aliases=("Escape",))

#: Class sets by name, in the order of the model's outputs. ``aami`` are the classes of ANSI/AAMI EC57:2012, table of
#: heartbeat classes, without Q (paced and unclassifiable beats) and without F: half of the fusion beats of the training
#: side are one man's, and networks that may answer F are more often wrong than right about others. In scores they count
#: as errors.
CLASS_SETS: dict[str, tuple[TrainingClass, ...]] = {
    "six": (NORMAL, LBBB, RBBB, PAC, PVC, VF),
    "seven": (NORMAL, LBBB, RBBB, PAC, PVC, VF, PACED),
    "eight": (NORMAL, LBBB, RBBB, PAC, PVC, VF, PACED, ESCAPE),
    "aami": (
        TrainingClass("N", "Conducted", "N", "LRej"),
        TrainingClass("SVEB", "Supraventricular Ectopic", "A", "aJS"),
        TrainingClass("VEB", "Ventricular Ectopic", "V", "E"),
    ),
}


#: What the picture of one beat can't tell apart: a premature atrial beat is conducted as a normal one is, and whether
#: it came early isn't in the picture.
_ALIKE = (frozenset({"NORMAL", "PAC"}),)


def groups_of(shorts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Classes by their places, those together that the picture of one beat can't tell apart."""
    together = [tuple(place for place, short in enumerate(shorts) if short in alike) for alike in _ALIKE]
    groups = [group for group in together if len(group) > 1]
    alone = [(place,) for place in range(len(shorts)) if not any(place in group for group in groups)]
    return tuple(sorted([*groups, *alone]))


def index_of_symbols(classes: Sequence[TrainingClass]) -> dict[str, int]:
    """Annotation code to the class's place in ``classes``."""
    return {symbol: place for place, beat_class in enumerate(classes) for symbol in beat_class.symbols}


#: Words behind a class's name that add nothing to it, in the singular.
_NOUNS = frozenset({"beat", "class", "ecg", "ekg", "heartbeat", "image", "picture"})


def class_named(name: str, classes: Sequence[TrainingClass]) -> TrainingClass | None:
    """The one of ``classes`` that people mean by ``name``; None where it is none of them.

    Known are a class's short name, its name, its annotation code where that is a letter, and its aliases. Case, spaces,
    underscores, hyphens, the plural, a number in front and words such as "beats" behind make no difference, nor does
    the same class once more in brackets.
    """
    return _by_words(tuple(classes)).get(_words(name)) or _said_twice(name, tuple(classes))


def nearest_names(name: str, classes: Sequence[TrainingClass]) -> list[str]:
    """Names of the classes that are spelled most like ``name``, most alike first; empty where none is like it."""
    known = _by_words(tuple(classes))
    alike = difflib.get_close_matches(_words(name), known, n=3, cutoff=0.75)
    return list(dict.fromkeys(known[words].name for words in alike))


def _said_twice(name: str, classes: tuple[TrainingClass, ...]) -> TrainingClass | None:
    """``PVC (Premature Ventricular Contraction)``: the same class before and in brackets."""
    parts = re.fullmatch(r"([^()]+)\(([^()]+)\)\s*", name)
    if parts is None:
        return None
    known = _by_words(classes)
    before, inside = (known.get(_words(part)) for part in parts.groups())
    return before if before == inside else None


@cache
def _by_words(classes: tuple[TrainingClass, ...]) -> dict[str, TrainingClass]:
    known = {}
    for beat_class in classes:
        for alias in (
            beat_class.short,
            beat_class.name,
            *beat_class.aliases,
            *([beat_class.symbol] if beat_class.symbol.isalpha() else []),
        ):
            known[_words(alias)] = beat_class
    return known


def _words(name: str) -> str:
    """``name`` without what makes no difference."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = [_singular(word) for word in re.findall(r"[^\W_]+", plain)]
    while len(words) > 1 and words[0].isdigit():
        words = words[1:]
    while len(words) > 1 and words[-1] in _NOUNS:
        words = words[:-1]
    return "".join(words)


def _singular(word: str) -> str:
    if word.endswith(("xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


#: Every annotation symbol that marks a beat and is drawn by ``prepare``; those outside the class set in use
#: (fusion, nodal, aberrant, escape beats) serve to ask what a model does with beats it never saw.
BEAT_SYMBOLS = ("N", "L", "R", "A", "V", "!", "/", "E", "F", "a", "j", "J", "e", "S", "f")
