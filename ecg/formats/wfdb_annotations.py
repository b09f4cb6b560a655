"""Annotation files in MIT format (annot(5) of the WFDB Applications Guide), read and written."""

from __future__ import annotations

from typing import Final

import numpy as np

from ecg.formats import limits
from ecg.recording import Annotations, no_annotations
from ecg.recording_errors import RecordingError

#: ecgcodes.h: the symbol of each code.
_SYMBOLS: Final = (
    *(" ", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "", "|", "", "s", "T", "*", "D"),
    *('"', "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n", "@", "x", "f", "(", ")", "r"),
)
CODES: Final = {symbol: code for code, symbol in enumerate(_SYMBOLS) if symbol.strip()}
_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63
_RESOLUTION: Final = "## time resolution: "


def parse(data: bytes, rate: float) -> Annotations:
    """The annotations in a file, at ``rate`` (that of the record's frames) wherever the file has a rate of its own.

    Raises:
        RecordingError: ``RECORDING_ANNOTATIONS_INVALID``: this is no annotation file, or it is damaged.
    """
    samples, symbols, notes = _walk(data)
    ticks = rate
    if notes and symbols[0] == '"' and notes[0].startswith(_RESOLUTION):
        try:
            ticks = float(notes[0][len(_RESOLUTION) :])
        except ValueError as error:
            raise _invalid("its time resolution is no number") from error
        if not ticks > 0:
            raise _invalid("its time resolution is no rate")
    read = [index for index, note in enumerate(notes) if not (symbols[index] == '"' and note.startswith("##"))]
    if not read:
        return no_annotations()
    at = np.array(samples, np.float64)[read]
    return Annotations(
        np.rint(at * (rate / ticks)).astype(np.int64), np.array(symbols)[read], np.array(notes, np.str_)[read]
    )


def _walk(data: bytes) -> tuple[list[int], list[str], list[str]]:  # noqa: C901 - a branch for each code
    words = np.frombuffer(data[: len(data) // 2 * 2], "<u2")
    samples: list[int] = []
    symbols: list[str] = []
    notes: list[str] = []
    now = place = 0
    while place < len(words):
        word = int(words[place])
        code, interval = word >> 10, word & 0x3FF
        place += 1
        if word == 0:
            return samples, symbols, notes
        if code == _SKIP:
            if place + 2 > len(words):
                break
            skip = int(words[place]) << 16 | int(words[place + 1])
            now += skip - (1 << 32) if skip >> 31 else skip
            place += 2
        elif code == _AUX:
            text = data[2 * place : 2 * place + interval]
            if notes:
                notes[-1] = text.rstrip(b"\0").decode("utf-8", errors="replace")
            place += (interval + 1) // 2
        elif code in (_NUM, _SUB, _CHN):
            continue
        elif code < len(_SYMBOLS) and _SYMBOLS[code]:
            now += interval
            if not code:  # NOTQRS marks nothing; it only moves time
                continue
            if now < 0 or len(samples) >= limits.MAX_MARKS:
                break
            samples.append(now)
            symbols.append(_SYMBOLS[code])
            notes.append("")
        else:
            break
    raise _invalid("it ends in the middle, or holds what is no annotation")


def encode(annotations: Annotations) -> bytes:
    """The annotations as a file in MIT format.

    Raises:
        ValueError: a symbol has no code, or the annotations go back in time.
    """
    words = bytearray()
    now = 0
    for sample, symbol, note in zip(
        annotations.samples.tolist(), annotations.symbols.tolist(), annotations.notes.tolist(), strict=True
    ):
        if symbol not in CODES:
            raise ValueError(f"There is no WFDB annotation code for {symbol!r}.")
        interval = sample - now
        if interval < 0:
            raise ValueError("Annotations must be in order of time.")
        if interval > 0x3FF:
            words += (_SKIP << 10).to_bytes(2, "little")
            words += (interval >> 16).to_bytes(2, "little") + (interval & 0xFFFF).to_bytes(2, "little")
            interval = 0
        words += (CODES[symbol] << 10 | interval).to_bytes(2, "little")
        if note:
            text = note.encode("utf-8")[:1022] + b"\0"
            words += (_AUX << 10 | len(text)).to_bytes(2, "little") + text + bytes(len(text) % 2)
        now = sample
    return bytes(words) + b"\0\0"


def _invalid(what: str) -> RecordingError:
    return RecordingError("RECORDING_ANNOTATIONS_INVALID", f"The annotation file can't be read: {what}.")
