"""The protocols: one object each, which says how the beats of a data set are divided and what follows from that.

:mod:`training.datasets.splits` divides them. Figures of two protocols are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Sources of synthetic recordings: edited rhythms, simulated bundle branch blocks, rotated leads. The beat that each
#: simulated block was made of is known.
SIMULATED_BLOCKS: Final = frozenset({"blocked", "ptbxl-blocked"})
SYNTHETIC: Final = SIMULATED_BLOCKS | {"edited", "ptbxl-turned"}


class Parts(StrEnum):
    """What the runs of a recipe are, where one run is not all."""

    FOLDS = "folds"
    PEOPLE = "people"
    """Each held out in turn."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to divide beats."""

    name: str
    by_person: bool = False
    """No person is in two partitions. Intervals of scores resample people's records then, and how often classes occur
    in the few who validate says nothing about others."""
    parts: Parts | None = None
    """What several runs of one recipe are; None where one run is all."""
    folds: int = 1
    """How many folds there are, where the parts are folds."""
    is_start: bool = False
    """Only there for others to start from: it has no figures of its own."""
    members_validate_apart: bool = False
    """Whether each network of an ensemble validates on another part of the training partition."""
    validates_out_of_fold: bool = False
    """Whether each person of the training partition may validate for one of several networks."""
    tests_every_lead: bool = False
    """Whether beats are asked about in all their leads, not only in the primary one, and predictions say who has them.
    Beats of no class take no part then."""
    tests_whole_records: bool = False
    """Whether the beats of no class in the recordings that test are test beats, too, and those of AAMI's classes."""
    synthetic: frozenset[str] = frozenset()
    """Synthetic sources that may train: their beats never stand where the one that they were made of tests."""


BEATS_10FOLD: Final = Protocol(
    "beats-10fold", parts=Parts.FOLDS, folds=10, members_validate_apart=True, synthetic=SIMULATED_BLOCKS
)
BEATS_HALF: Final = Protocol("beats-half", is_start=True, synthetic=SIMULATED_BLOCKS)
CHRONOLOGICAL: Final = Protocol("chronological-70-30")
INTER_PATIENT: Final = Protocol(
    "inter-patient",
    by_person=True,
    members_validate_apart=True,
    validates_out_of_fold=True,
    tests_whole_records=True,
    synthetic=SYNTHETIC,
)
PEOPLE_5FOLD: Final = Protocol(
    "people-5fold",
    by_person=True,
    parts=Parts.FOLDS,
    folds=5,
    members_validate_apart=True,
    tests_every_lead=True,
    synthetic=SYNTHETIC,
)
LEAVE_ONE_OUT: Final = Protocol("leave-one-patient-out", by_person=True, parts=Parts.PEOPLE, synthetic=SYNTHETIC)
AS_GIVEN: Final = Protocol("as-given")

#: By name.
PROTOCOLS: Final[dict[str, Protocol]] = {
    protocol.name: protocol
    for protocol in (BEATS_10FOLD, BEATS_HALF, CHRONOLOGICAL, INTER_PATIENT, PEOPLE_5FOLD, LEAVE_ONE_OUT, AS_GIVEN)
}


def named(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in PROTOCOLS:
        raise ValueError(f"There is no protocol {name!r}; choose one of {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]


def is_by_person(name: str) -> bool:
    """Whether no person is in two partitions of the protocol of that name."""
    return named(name).by_person
