"""Names of leads: one canonical name for the many that files use, and which channels are no lead at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import Final

STANDARD: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""The twelve leads in the order in which they are printed."""

_FURTHER: Final = (
    *("V7", "V8", "V9", "V2R", "V3R", "V4R", "V5R", "V6R", "V7R", "V8R", "V9R", "-aVR", "X", "Y", "Z"),
    *("MLI", "MLII", "MLIII", "MV1", "MV2", "MV3", "MV4", "MV5", "MV6", "ML5", "CM1", "CM2", "CM4", "CM5", "CC5", "D4"),
    *("CS5", "CS1", "CB5", "CH5", "MCL1", "MCL5", "MCL6", "NASA", "ES", "AS", "AI", "ECG"),
)

_SPELLINGS: Final = {name.upper(): name for name in STANDARD + _FURTHER} | {
    # Spanish and Portuguese names, as in the QT database's D3
    "DI": "I",
    "DII": "II",
    "DIII": "III",
    "D1": "I",
    "D2": "II",
    "D3": "III",
    "VX": "X",
    "VY": "Y",
    "VZ": "Z",
    "AVRNEG": "-aVR",
    "-AVR": "-aVR",
    "AVR-": "-aVR",
    "MODV1": "MV1",
    "EKG": "ECG",
}

#: Names that say which lead it is.
_NAMED: Final = frozenset(_SPELLINGS.values()) - {"ECG"}

#: Standard leads that others stand in for: modified limb and chest leads of ambulatory recorders.
_STANDS_FOR: Final = {
    "MLI": "I",
    "MLII": "II",
    "MLIII": "III",
    "ML5": "V5",
    "CM5": "V5",
    "CC5": "V5",
    "CS5": "V5",
    "CB5": "V5",
    "MCL5": "V5",
    "MCL6": "V6",
    "CH5": "V5",
    "CM1": "V1",
    "CS1": "V1",
    "CM2": "V2",
    "CM4": "V4",
    "MCL1": "V1",
    **{f"MV{number}": f"V{number}" for number in range(1, 7)},
}

_LONGEST: Final = 80
"""Characters of a label that are looked at and kept."""

#: ISO/IEEE 11073-10102 codes, and vendors' codes made like them.
_CODE: Final = re.compile(r"^(?:MDC_ECG_ELEC_POTL|[A-Z]+_ECG_LEAD)_(?=.)", re.IGNORECASE)
_PREFIX: Final = re.compile(
    r"^(?:(?:ECG|EKG|ELECTROCARDIOGRAM)(?=[^A-Z]|$|(?:II?I?|AV[RLF]|V\d)$)|LEADS?|ABLEITUNG|ABL|ABLTG"
    r"|D[EÉ]RIVATION|DERIVACI[OÓ]N|DERIVAZIONE)[\s_:.\-]*(?:LEAD(?=[\s_:.\-])[\s_:.\-]*)?",
    re.IGNORECASE,
)
#: What DICOM's names of leads add (PS3.16, CID 3001).
_REMARK: Final = re.compile(r"\s*(?:\(einthoven\)|,\s*(?:un)?augmented.*)$", re.IGNORECASE)
_BIPOLAR: Final = re.compile(r"^V\d-V\d$", re.IGNORECASE)

_OTHER_WORDS: Final = re.compile(
    r"(?:^|[^A-Z])(?:RESP\w*|BREATH\w*|RIP|THOR\w*|ABDO\w*|AIRFLOW|FLOW|EFFORT|NASAL|SNORE|SOUND|MIC|PCG"
    r"|SPO2|SAO2|S[PA]O|OXI\w*|PLETH\w*|PPG|PULSE\w*|PR|ABP|ART\d?|CVP|PAP|N?IBP|BP|ICP|PRESS\w*|TEMP\w*|ET?CO2|CO2"
    r"|EEG|EOG|EMG|[LR]OC|E[12]-M[12]|CHIN\w*|LEG\w*|TIB\w*|ACC\w*|GYRO\w*|MAG|MOTION|ACTIVITY|POS|POSITION|BODY"
    r"|LIGHT|LUX|MARKER|EVENTS?|TRIG\w*|STATUS|ANNOTATIONS?|TIME|TIMESTAMP|COUNTER|SAMPLE|INDEX|HR|HEART\s?RATE"
    r"|RR|BPM|GSR|EDA|SCG|BCG|BATT\w*|IMP\w*|PACER?|LABELS?|QUALITY|SQI|DC\d*)(?:$|[^A-Z])",
    re.IGNORECASE,
)
#: Electrodes of the 10-20 system and of BioSemi's caps.
_EEG: Final = re.compile(
    r"^(?:(?:FP|AF|F|FC|C|CP|P|PO|O|T|TP|FT)(?:\d{1,2}|Z)|[AM][12]|[A-H]\d{1,2})(?:-(?:\w{1,3}|REF|AVG))?$",
    re.IGNORECASE,
)


class Channel(Enum):
    """What a channel is, as far as its name tells."""

    LEAD = "lead"
    UNKNOWN = "unknown"
    OTHER = "other"


def canonical(label: str) -> tuple[str, Channel]:  # noqa: PLR0911 - a way out for each kind of name
    """The canonical name of a channel's label, and what it is.

    ``"Lead II"``, ``"MDC_ECG_LEAD_II"``, ``"EKG II"`` and ``"ii"`` are ``II``; ``"ECG 1"`` and ``"EKG1"`` are ``ECG1``.
    A name that is no known lead's is kept as it is.
    """
    printable = "".join(character for character in label[:_LONGEST] if character.isprintable() or character.isspace())
    text = " ".join(printable.split()).strip("'\"")
    bare = _CODE.sub("", text)
    coded = bare != text
    stem = _REMARK.sub("", _PREFIX.sub("", bare, count=1))
    prefixed = bool(_PREFIX.match(bare))
    known = _SPELLINGS.get(re.sub(r"[\s_.]", "", stem).upper())
    if known is not None:
        return known, Channel.LEAD
    if _BIPOLAR.match(stem):
        return stem.upper(), Channel.LEAD
    if re.fullmatch(r"(?:ECG|EKG)[\s_:.\-]*\d{1,2}", bare, re.IGNORECASE):
        return "ECG" + re.sub(r"\D", "", bare), Channel.LEAD
    if not stem and prefixed:
        return "ECG", Channel.LEAD
    if _OTHER_WORDS.search(stem) or (not prefixed and not coded and _EEG.match(stem)):
        return text, Channel.OTHER
    if prefixed or coded:
        lead = stem if re.match(r"[A-Za-z]{2}|[IV]", stem) else text
        return lead, Channel.LEAD
    return text or "unnamed", Channel.UNKNOWN


def canonical_all(labels: Sequence[str]) -> list[tuple[str, Channel]]:
    """:func:`canonical` for the channels of one recording; C1 to C6 are V1 to V6 beside limb leads (IEC 60601-2-25)."""
    names = [canonical(label) for label in labels]
    upper = [label.strip().upper() for label in labels]
    limb = {name for name, _ in names} >= {"I", "II"}
    if limb and set(upper) >= {f"C{number}" for number in range(1, 7)}:
        return [
            (f"V{label[1]}", Channel.LEAD) if re.fullmatch(r"C[1-6]", label) else name
            for label, name in zip(upper, names, strict=True)
        ]
    return names


def resolve(label: str) -> str | None:
    """The canonical name of the lead that ``label`` names by any spelling; None where it names none.

    Stricter than :func:`canonical`, which takes whatever stands before a channel of a file: ``ECG1`` doesn't say which
    lead it is, and a word that nobody knows is no lead.
    """
    name, _ = canonical(label)
    return name if name in _NAMED else None


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each once: a repeated one gets a number, ``II (2)``."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 1
        while candidate in taken or (number > 1 and candidate in names):
            number += 1
            candidate = f"{name} ({number})"
        taken.add(candidate)
        result.append(candidate)
    return result


def index_of(names: Sequence[str], wanted: str) -> int | None:
    """Which of a recording's leads is ``wanted``, by any spelling, or stands in for it (``MLII`` for ``II``)."""
    name = canonical(wanted)[0]
    if name in names:
        return list(names).index(name)
    return next((index for index, lead in enumerate(names) if _STANDS_FOR.get(lead) == name), None)


def standard_of(name: str) -> str:
    """The standard lead that a canonical name stands in for (``MLII`` for ``II``); any other name as it is."""
    return _STANDS_FOR.get(name, name)


def standard_place(name: str) -> int | None:
    """Place in :data:`STANDARD` of the lead that a canonical name is or stands in for; None for any other."""
    standard = standard_of(name)
    return STANDARD.index(standard) if standard in STANDARD else None


def in_printed_order(names: Sequence[str]) -> list[str]:
    """The names as a page shows them: the twelve standard leads first, the others after them in their own order."""
    rank = {name: place for place, name in enumerate(STANDARD)}
    return sorted(names, key=lambda name: rank.get(name, len(rank)))
