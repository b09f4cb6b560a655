"""What was read of strips and pages on the screen and as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ecg.pictures.files import LeftOut, shown
from ecg.pictures.pages.result import MESSAGES, REFUSALS, Calibration, Kind, PageReading
from inference_server.classification.page_messages import Digitized
from inference_server.commands.answering import NoAnswer

Answer = Digitized | NoAnswer | LeftOut

_BEAT: Final = "one beat: classify it"


def line_of(file: str, answer: Answer) -> str:
    """One JSON object."""
    content: dict[str, Any] = {"file": file}
    if isinstance(answer, Digitized):
        content |= _summary(answer.reading)
    else:
        key = "error" if isinstance(answer, NoAnswer) else "left_out"
        content[key] = {"reason": answer.reason, "message": answer.message}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _summary(reading: PageReading) -> dict[str, Any]:
    return {
        "kind": reading.kind.value,
        "reason": reading.reason,
        "message": None if reading.reason is None else REFUSALS[reading.reason],
        "layout": reading.layout or None,
        "cabrera": reading.cabrera,
        "degrees": round(reading.degrees, 2),
        "calibration": None if reading.calibration is None else _scale(reading.calibration),
        "leads": [
            {
                "name": lead.name or None,
                "name_read": lead.name_read,
                "row": lead.row,
                "column": lead.column,
                "begin_s": round(lead.begin, 3),
                "seconds": round(len(lead.millivolts) / lead.rate, 3),
                "box": [round(edge, 1) for edge in lead.box],
                "confidence": round(lead.confidence, 3),
            }
            for lead in reading.leads
        ],
        "warnings": [{"reason": warned, "message": MESSAGES[warned]} for warned in reading.warnings],
    }


def _scale(calibration: Calibration) -> dict[str, Any]:
    return {
        "pixels_per_mm": round(calibration.pixels_per_mm, 4),
        "mm_per_second": calibration.mm_per_second,
        "mm_per_mv": calibration.mm_per_mv,
        "millimetre": calibration.millimetre,
        "speed": calibration.speed,
        "gain": calibration.gain,
    }


class ResultTable:
    """A row for each picture."""

    def __init__(self) -> None:
        heads = ("file", "kind", "layout", "leads", "scale", "warnings")
        self._table = Table(*heads, box=None, header_style="bold", pad_edge=False)

    def add(self, file: str, answer: Answer) -> None:
        """The next picture's; what was left out is named elsewhere."""
        name = escape(shown(file))
        if isinstance(answer, NoAnswer):
            self._table.add_row(name, f"[red]{answer.reason}[/red]", "", "", "", escape(shown(answer.message)))
        elif isinstance(answer, Digitized):
            reading = answer.reading
            leads = " ".join(lead.name or "?" for lead in reading.leads)
            remark = reading.reason or ", ".join(reading.warnings) or (_BEAT if reading.kind is Kind.BEAT else "")
            self._table.add_row(
                name, reading.kind.value, reading.layout, leads, _scale_text(reading.calibration), remark
            )

    def print(self) -> None:
        """Print what there is."""
        if self._table.row_count:
            # Piped into a file or another program, a table must not be cut to an imagined screen.
            Console(width=None if sys.stdout.isatty() else 10_000).print(self._table)


def _scale_text(calibration: Calibration | None) -> str:
    if calibration is None:
        return ""
    assumed = " (assumed)" if calibration.assumed else ""
    return f"{calibration.mm_per_second:g} mm/s, {calibration.mm_per_mv:g} mm/mV{assumed}"
