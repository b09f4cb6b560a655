"""Units of voltage as files spell them."""

from __future__ import annotations

import re
from typing import Final

_MILLIVOLTS: Final = {
    **dict.fromkeys(("v", "volt", "volts"), 1e3),
    **dict.fromkeys(("mv", "millivolt", "millivolts", "mvolt", "milli_volt"), 1.0),
    **dict.fromkeys(("uv", "microvolt", "microvolts", "uvolt", "micro_volt", "mkv", "mcv"), 1e-3),
    **dict.fromkeys(("nv", "nanovolt", "nanovolts", "nvolt"), 1e-6),
}
#: Micro sign, Greek mu, and what is left of the micro sign after two common mistakes with encodings.
_MICRO: Final = str.maketrans({"µ": "u", "μ": "u", "�": "u"})

_OTHERS: Final = re.compile(
    r"%|bpm|rpm|(?:1|beats|breaths)?\s*/\s*min.*|mmhg|cmh2o|k?pa|l|ml|l/min|lpm|l/s|m?g|m\s*/\s*\(?s.*|°\s*/?\s*s?|deg.*|°?\s*[cf]"
    r"|k?ohms?|[kmu]?ω|us|ms|s|sec|hz|db|lux|lx|pm|mm|cm|m|n|count/min|ut|gauss|w|kg"
)

CANDIDATES: Final = ("mV", "uV", "V")
"""What a person is asked to choose from."""


def millivolts(unit: str) -> float | None:
    """How many millivolts the unit is; None for what is no unit of voltage.

    Case tells nothing here: ``MV`` is written by people who mean millivolts.
    """
    text = unit.strip().translate(_MICRO).replace("Âu", "u").strip("[](){}").lower()
    match = re.fullmatch(r"(?:(\d+(?:\.\d+)?)\s*\*?\s*)?([a-z_]+)", text)
    if match is None or match[2] not in _MILLIVOLTS:
        return None
    return float(match[1] or 1) * _MILLIVOLTS[match[2]]


def is_other_quantity(unit: str) -> bool:
    """Whether the text is a unit of something else than voltage, as channels beside an ECG have it."""
    text = unit.strip().strip("[](){}").translate(_MICRO).lower()
    return bool(_OTHERS.fullmatch(text))


def is_unit_unknown(unit: str) -> bool:
    """Whether the text names no unit at all: nothing, or the words for raw values of a converter."""
    return unit.strip().strip("[](){}").lower() in {
        *("", "-", "n/a", "na", "nd", "nu", "none", "unknown", "unit", "units", "adu", "adc", "raw", "counts", "count"),
        *("lsb", "bit", "bits", "digit", "digits", "du", "a.u.", "au", "1", "nan", "null", "?"),
    }
