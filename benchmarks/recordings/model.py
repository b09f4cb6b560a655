"""What the model for recordings says of people whom its networks don't know, as the stored tables have it.

The served network was trained on all people. ``python -m training recordings tables`` makes these tables of the
networks of the divisions, which are not in the project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import pandas as pd
import typer

from benchmarks.processes.project import ROOT
from benchmarks.recordings.table import show

_BEATS: Final = ("veb_se", "veb_ppv", "veb_f1", "sveb_se", "sveb_ppv", "sveb_f1", "accuracy")
_ASKED: Final = ("from_s", "mapping", "without")
#: Title and columns of each table, by the end of its name; all columns where none is named.
_TABLES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "ds2": ("DS2, by networks of DS1", (*_ASKED, *_BEATS)),
    "ds2-expert": ("DS2, so many families of a recording judged", (*_ASKED, "families", *_BEATS, "median_accuracy")),
    "people-5fold": ("Five folds by person", ("database", *_ASKED, "records", *_BEATS)),
    "twelve-leads": ("Records of twelve leads, five folds by person", ()),
    "burden-summary": ("Burden of premature beats, five folds by person, points", ()),
}


def command(
    results: Annotated[Path, typer.Option(help="Folder of the stored tables.")] = ROOT / "results",
) -> None:
    """Print the stored tables of the model for recordings."""
    for name, (title, columns) in _TABLES.items():
        path = results / f"arrhythmia-recording.{name}.csv"
        if not path.is_file():
            show(f"{title}: left out, {path} is missing.", [], [])
            continue
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        shown = table[list(columns)] if columns else table
        show(title, list(shown.columns), shown.to_numpy().tolist())
