"""Recordings' results on the screen and as JSON."""

from __future__ import annotations

import json
import sys
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ecg.pictures.files import LeftOut, shown
from inference_server.classification.recordings import EpisodeKind, RecordingAnalysis
from inference_server.commands.answering import NoAnswer
from inference_server.exports.document import summary

_HEADS: Final = ("file", "duration", "leads", "beats", "classes", "rate /min", "pauses", "AF", "certain", "warnings")


Answer = RecordingAnalysis | NoAnswer | LeftOut


def line_of(file: str, answer: Answer) -> str:
    """One JSON object."""
    if isinstance(answer, RecordingAnalysis):
        content = summary(answer, file)
    else:
        key = "error" if isinstance(answer, NoAnswer) else "left_out"
        content = {"file": file, key: {"reason": answer.reason, "message": answer.message}}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


class ResultTable:
    """A row for each recording, and below them the reasons why others have none. Holds no analysis."""

    def __init__(self) -> None:
        self._analysed = Table(*_HEADS, box=None, header_style="bold", pad_edge=False)
        self._failed = Table("file", "reason", "message", box=None, header_style="bold", pad_edge=False)

    def add(self, file: str, answer: Answer) -> None:
        """The next recording's; what was left out is named elsewhere."""
        name = escape(shown(file))
        if isinstance(answer, RecordingAnalysis):
            self._analysed.add_row(name, *_cells(answer))
        elif isinstance(answer, NoAnswer):
            self._failed.add_row(name, f"[red]{answer.reason}[/red]", escape(shown(answer.message)))

    def print(self) -> None:
        """Print what there is."""
        # Piped into a file or another program, a table must not be cut to an imagined screen.
        console = Console(width=None if sys.stdout.isatty() else 10_000)
        for table in (self._analysed, self._failed):
            if table.row_count:
                console.print(table)


def _cells(analysis: RecordingAnalysis) -> tuple[str, ...]:
    counts = analysis.counts()
    beats = sum(counts.values())
    rate = analysis.measures.heart_rate
    mean = "–" if rate.mean is None else f"{rate.mean:.0f}"
    reach = f" ({rate.least.rate:.0f}–{rate.greatest.rate:.0f})" if rate.least and rate.greatest else ""
    fibrillation = sum(
        episode.end - episode.begin for episode in analysis.episodes if episode.kind is EpisodeKind.ATRIAL_FIBRILLATION
    )
    confident = int((analysis.beats.confident & ~analysis.beats.fibrillates).sum())
    return (
        _duration(analysis.seconds),
        " ".join(analysis.leads),
        f"{beats:,}",
        ", ".join(f"{kind} {count:,}" for kind, count in counts.items() if count) or "–",
        f"{mean}{reach}",
        f"{len(analysis.measures.pauses.episodes):,}",
        _duration(fibrillation) if fibrillation else "–",
        f"{confident / beats:.1%}" if beats else "–",
        f"{len(analysis.warnings)}",
    )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
