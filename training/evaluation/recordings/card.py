"""The card of the model for recordings: what it is from its metadata, how well it reads from the stored tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pandas as pd

from training.evaluation import markdown

#: Tables that the card shows, by the end of their names: heading, columns.
_SHOWN: Final = {
    "ds2": (
        "People of DS2, asked of a network that learnt from DS1 and the other databases",
        ["from_s", "mapping", "without", "qrs_se", "qrs_ppv"],
    ),
    "ds2-expert": (
        "The same with an expert's hand: so many families of a recording judged",
        ["families", "from_s", "mapping", "without", "median_accuracy"],
    ),
    "people-5fold": (
        "By person, over all databases",
        ["database", "from_s", "mapping", "without", "records"],
    ),
}
_BEATS: Final = ["veb_se", "veb_ppv", "veb_f1", "sveb_se", "sveb_ppv", "sveb_f1", "accuracy"]

_HEAD: Final = """\
# Model card: {name} {version}

Made by `python -m training recordings card` from the tables that `python -m training recordings tables` prints, and
from the model's `metadata.json`. **For research and education only. Not a medical device, not for diagnosis.**

## What it is
{members} small convolutional network{plural}, gradient-boosted trees beside it ({kilobytes} kB as ONNX), for the
beats of a whole recording: pictures of each lead (the beat, its difference from the person's usual beat, the 2.4 s
around), the 96 intervals around, 60 numbers, 32 about how the beat came and 41 about how the ventricles are reached
(`ecg/features`). One lead or twelve, in any order; which ones, where their names tell. It predicts one of {classes};
fibrillation is found by its waves, not by this model. Probabilities are calibrated (temperature {temperature}), then
told by the course of the recording: what comes in time isn't premature, each class is as frequent as its beats say,
and a beat is seen beside its family and the others. Verdicts are decided on the people of {folds}, each asked of a
network that doesn't know them: of confident answers at most 4 % were wrong where they were normal, 10 % of each other
class. The served network learnt from all people.

Keras and onnxruntime differ by at most {parity:.1e} in any probability on recordings of every database.

## Data
{licence}

Beats were detected, as they will be for others, and are what the database says of the marked beat within 150 ms.

## Scores
Percent. Se is sensitivity, +P positive predictivity, both as ANSI/AAMI EC57 counts them; escape beats are
supraventricular (`ec57`) or normal (`de-chazal`). `accuracy` is of the detected beats that are N, S or V. Record 232
holds three quarters of DS2's early atrial beats.
"""

_LIMITS: Final = """
## Limits
- Few people carry the rare classes; what is said of bundle branch blocks and pacing in two leads hangs on a handful.
- Early atrial beats are what it knows least: it takes fibrillation and irregular sinus rhythm for them, and runs of
  them for the usual rhythm.
- A bundle branch block that comes and goes is called ventricular now and then.
- ST is not measured.
"""


def card(folder: Path, results: Path) -> str:
    """The card, Markdown, of the version in ``folder`` (``models/arrhythmia-recording/<version>``).

    Args:
        folder: Of the version.
        results: Folder of the stored tables.
    """
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    members = len(metadata["settings"])
    text = _HEAD.format(
        name=metadata["name"],
        version=metadata["version"],
        members={1: "One", 2: "Two", 3: "Three"}.get(members, str(members)),
        plural="" if members == 1 else "s",
        kilobytes=round(metadata["bytes"] / 1024),
        classes=", ".join(kind["name"] for kind in metadata["classes"]),
        temperature=metadata["temperature"],
        folds=", ".join(metadata["calibrated_on"]),
        parity=metadata["parity"],
        licence=metadata["licence"],
    )
    for name, (heading, columns) in _SHOWN.items():
        table = pd.read_csv(results / f"{metadata['name']}.{name}.csv", keep_default_na=False)
        text += f"\n### {heading}\n{_table(table[[*columns, *_BEATS]])}\n"
    leads = pd.read_csv(results / f"{metadata['name']}.twelve-leads.csv", keep_default_na=False)
    text += f"\n### Records of twelve leads: whether there is such a beat, by person\n{_table(leads)}\n"
    burden = pd.read_csv(results / f"{metadata['name']}.burden-summary.csv", keep_default_na=False)
    text += f"\n### Burden of premature beats, points, by person\n{_table(burden)}\n"
    return markdown.wrapped(text + _LIMITS)


def _table(table: pd.DataFrame) -> str:
    cells = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy(dtype=str).tolist()]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
