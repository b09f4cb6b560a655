"""The answers on the screen and as JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ecg.pictures.files import LeftOut, shown
from inference_server.classification import DISCLAIMER, Classification, LeadKnowledge, Verdict
from inference_server.commands.answering import NoAnswer

#: So many files that were left out are listed on the screen; --json tells all of them.
_LISTED: Final = 20

Outcomes = Iterable[tuple[Path | LeftOut, Classification | NoAnswer | LeftOut]]


def print_json(outcomes: Outcomes) -> bool:
    """Print an object a line, as they come; whether any picture got no answer."""
    failed = False
    for item, outcome in outcomes:
        line: dict[str, object] = {"file": str(item.path if isinstance(item, LeftOut) else item)}
        if isinstance(outcome, LeftOut):
            line["left_out"] = {"reason": outcome.reason, "message": outcome.message}
        elif isinstance(outcome, NoAnswer):
            failed = True
            line["error"] = {"reason": outcome.reason, "message": outcome.message}
        else:
            line["class"] = outcome.beat_class.short
            line["probability"] = round(outcome.probability, 6)
            line["verdict"] = outcome.verdict.value
            if outcome.verdict is not Verdict.NOT_A_BEAT:
                line["plausible"] = [beat_class.short for beat_class in outcome.prediction_set]
            if outcome.reason:
                line["reason"] = outcome.reason.value
            if outcome.beats:
                line["beats"] = outcome.beats
            if outcome.lead:
                line["lead"] = outcome.lead
            if outcome.lead_knowledge:
                line["lead_knowledge"] = outcome.lead_knowledge.value
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return failed


def print_table(outcomes: Outcomes) -> bool:
    """Print all in one table; whether any picture got no answer."""
    failed = False
    table = Table("file", "class", "probability", "verdict", box=None, header_style="bold", pad_edge=False)
    for item, outcome in outcomes:
        if isinstance(outcome, LeftOut) or isinstance(item, LeftOut):
            continue
        path = escape(shown(item))
        if isinstance(outcome, NoAnswer):
            failed = True
            table.add_row(path, f"[red]{outcome.reason}[/red]", "", escape(outcome.message))
        else:
            table.add_row(
                path,
                f"{outcome.beat_class.short} ({outcome.beat_class.name})",
                f"{outcome.probability:.1%}",
                _judged(outcome),
            )
    # Piped into a file or another program, a table must not be cut to an imagined screen.
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)
    return failed


def _judged(outcome: Classification) -> str:
    """The verdict, with the plausible classes or the reason."""
    verdict = outcome.verdict.value
    if outcome.verdict is Verdict.NOT_A_BEAT:
        counted = f", {outcome.beats} beats" if outcome.beats else ""
        return f"{verdict} ({outcome.reason.value}{counted})" if outcome.reason else verdict
    # Several beside CONFIDENT are those that one picture can't tell apart.
    if outcome.verdict is Verdict.UNCERTAIN or len(outcome.prediction_set) > 1:
        verdict = f"{verdict} ({', '.join(beat_class.short for beat_class in outcome.prediction_set)})"
    if outcome.lead_knowledge is LeadKnowledge.NONE:
        return f"{verdict}; how often it is right in {outcome.lead} was not measured"
    return verdict


def end(
    items: Sequence[object], empty: Sequence[Path], what: str, errors: Console, *, as_json: bool, failed: bool
) -> None:
    """Say at last which of ``items`` were left out, which folders hold none of ``what``, and what this is not for.

    Raises:
        typer.Exit: with code 1 where something ``failed`` or a folder is ``empty``.
    """
    left_out = [item for item in items if isinstance(item, LeftOut)]
    print_left_out(left_out, errors, listed=0 if as_json else _LISTED)
    for folder in empty:
        errors.print(f"{escape(shown(folder))} has no {what}.", highlight=False, soft_wrap=True)
    errors.print(DISCLAIMER, style="dim")
    if failed or empty:
        raise typer.Exit(1)


def print_left_out(left_out: Sequence[LeftOut], errors: Console, *, listed: int) -> None:
    """Say how many files were left out and why, and name the first ``listed``."""
    for item in left_out[:listed]:
        errors.print(escape(f"left out {shown(item.path)}: {item.message}"), highlight=False, soft_wrap=True)
    if 0 < listed < len(left_out):
        errors.print(f"and {len(left_out) - listed:,} more")
    if left_out:
        counted = ", ".join(
            f"{count:,} {reason}" for reason, count in Counter(item.reason for item in left_out).most_common()
        )
        files = "1 file" if len(left_out) == 1 else f"{len(left_out):,} files"
        errors.print(f"{files} left out ({counted})", highlight=False, soft_wrap=True)
