"""The model card: scores from the stored tables, the model's description from its metadata."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ecg.beats import SAMPLING_RATE, WINDOW_BEFORE
from training.evaluation import markdown, tables

_TEMPLATE = """\
# Model card: {name} {version}

Made by `python -m training evaluate --write`. From the committed models and the recordings, `python -m training evaluate`
reprints the scores and the verdicts{reprints}; the figures of the first section are in the model's `metadata.json`. **For research and education only. Not a medical device, not for diagnosis.**

## What it is
A small residual convolutional network ({network}, {kilobytes} kB as ONNX) that looks at one picture of one heartbeat
(the trace from {window_ms:.0f} ms before to {window_ms:.0f} ms after the R peak, any PNG or JPEG size) and predicts one of
{count} classes: {classes}. Beside the class it gives calibrated probabilities (temperature {temperature} and class biases, in `metadata.json`), a
prediction set and a verdict.{taught}{trees}

- Input `pixels`: uint8 [N, {height}, {width}, 1], white paper = 255; the scaling is inside the graph.
- Outputs: `probabilities` [N, {count}], `distance` [N] (the OOD score), `activation_maps` [N, h, w, {count}].
- Training run `{run}`, seed {seed}, {epochs} epochs, configuration in `metadata.json`; data digest `{digest}`.
- Keras and onnxruntime differ by at most {parity:.1e} in any probability on {parity_pictures} real pictures.

## Data
{licence}

{sources} Every lead trains, only the primary lead is scored: MLII of MIT-BIH where a record has it (else its first lead),
ECG1 of the ectopy database, II of PTB-XL. Beats of classes that the model does not know are left out of training.

## Scores
Two protocols, never to be mixed. `beats-10fold` holds out a tenth of all beats: the same people are in both partitions, which
is how most published figures are made. `inter-patient` tests on people the network has never seen (de Chazal's DS1 and
DS2, the paced records divided between them, record 201 left out because 202 is the same man; the other databases divided by
person as well): this is what a new patient gets.
The served model is the one scored in the `beats-10fold` rows; the `inter-patient` rows come from the same recipe trained
without the test people, which is committed as `models/{companion}`. Intervals are 95 % bootstrap intervals, over beats
for `beats-10fold` and over whole records for `inter-patient`. ECE is the expected calibration error; macro-F1 is the mean over
the classes that occur in a partition.

{scores}

### Each class
Sensitivity (Se), positive predictivity (+P) and F1.

{classes_table}

### AAMI classes, inter-patient
Collapsed as ANSI/AAMI EC57 does, paced records excluded; fusion beats (F) are counted though no class of ours stands for them.

{aami_table}

## Verdicts
How often each verdict is given, on held-out beats, on beats of classes it never learned, and on pictures that are no beat
(drawn by rule, {nonbeats} of each kind). AUROC: how well the OOD score alone tells them from the test beats. The OOD limit
comes from the validation partition, scaling from that of `{calibrated_on}`. {thresholds} Thresholds that come from people whom a model
knows are too sure for others: what a new patient is told with the thresholds of the served file is in the row that says so.

{verdicts}
{people}{styles}
## Limits
- A new patient gets the `inter-patient` figures, not the `beats-10fold` ones.
- One beat of ±{window_ms:.0f} ms shows no rhythm: a premature atrial beat differs from a normal one mostly by its timing.
- Few people carry the rare classes: in MIT-BIH left bundle branch block 4, right 6, paced 4, flutter waves 1.
- Beats of classes it never learned are often predicted with confidence; see the table above.
"""


_TAUGHT = """ It is generation {generations}: it learned from the labels and from what those before it say of the same
pictures (`training/learning/teaching.py`)."""

_TREES = """ {trees} boosted trees of each class stand beside the network, in the same graph: they look at numbers of the
line in the picture (`training/learning/line_numbers.py`) and have three tenths of the logits. Activation maps are the
network's alone."""

_OWN_THRESHOLDS = """Thresholds come from there, too. A class with fewer than 99 validation beats has no threshold of its own
and takes the one of all beats together, so its coverage is not promised."""

_OUT_OF_FOLD_THRESHOLDS = """Thresholds come from the out-of-fold predictions of `{decided_on}`, for classes together that one picture
can't tell apart (see below)."""

_PEOPLE = """
## People it has never seen
`people-5fold`: everybody of all databases was asked about once, by a network of the same recipe that does not know them. Sensitivity,
positive predictivity and F1 by beat; by person, most beats of a person's class decide. Intervals resample people. Reprinted by
`python -m training people results/predictions/people-5fold --calibrated --check results/{name}-{version}.people.csv`.

{by_class}

How often such answers are confident, and how often right then; the thresholds of each fold are those of the other folds'
people. Of a class by answer: beats with this most probable class. Reprinted by the same with `--confident --check
results/{name}-{version}.confident.csv`.

{confident}
"""

_REPRINTS = """, and
`python -m training robustness --beats {beats} --check results/{name}-{version}.robustness.csv` the table of styles"""

_STYLES = """
## Styles
The same {beats:,} held-out beats of the served model drawn in other ways, each file decoded as the server does. Lost: points of accuracy against the plain drawing, with a 95 % bootstrap interval.

{table}
"""

_SOURCES = {
    "mitdb": "MIT-BIH: 48 half-hour recordings of 47 people, every beat annotated.",
    "edited": "MIT-BIH's training people again, with edited rhythms and rotated leads.",
    "blocked": "Normal beats of MIT-BIH's training people with a simulated bundle branch block.",
    "ptbxl-blocked": "The same of PTB-XL's training people.",
    "ptbxl-turned": "PTB-XL's training people again, with rotated leads.",
    "vfdb": "Malignant ventricular ectopy: the crests of fibrillation and flutter in eight people's recordings.",
    "ptbxl-all": "PTB-XL: ten seconds of each of some thousand people, those beats of which the class is certain.",
    "cpsc2018": "CPSC 2018: the same of some hundred people.",
    "ludb": "LUDB: the same of some fifty people, whose QRS complexes cardiologists marked.",
    "qtdb": "QT database: a quarter of an hour of each of 34 people, every beat annotated.",
    "ecgiddb": "ECG-ID: twenty seconds of one lead of each of 90 volunteers, taken for normal.",
    "ptbxl": "PTB-XL: ten seconds of each of several hundred people whose every beat has the record's label.",
}


@dataclass(frozen=True, slots=True)
class StoredTables:
    """The tables that a card is made of, as they are stored."""

    scores: pd.DataFrame
    verdicts: pd.DataFrame
    styles: pd.DataFrame | None = None
    """Of :mod:`training.evaluation.robustness`."""
    people: pd.DataFrame | None = None
    """Of :mod:`training.evaluation.people`."""
    confident: pd.DataFrame | None = None
    """Of :mod:`training.evaluation.confident_answers`."""

    @classmethod
    def read(cls, results: Path, model: str) -> StoredTables:
        """Those of a model, ``<name>-<version>``, in the folder ``results``."""
        kinds = {"styles": "robustness", "people": "people", "confident": "confident"}
        optional = {field: results / f"{model}.{kind}.csv" for field, kind in kinds.items()}
        return cls(
            *(tables.read(results / f"{model}.{kind}.csv") for kind in ("scores", "verdicts")),
            **{field: tables.read(path) for field, path in optional.items() if path.is_file()},
        )


def card(stored: StoredTables, model: Path, companion: str) -> str:
    """The card, Markdown, of the served version in ``model`` (``models/<name>/<version>``)."""
    scores, verdicts, styles = stored.scores, stored.verdicts, stored.styles
    metadata = json.loads((model / "metadata.json").read_text())
    shorts = [beat_class["short"] for beat_class in metadata["classes"]]
    ours = scores[scores["class_set"] != "aami"]
    aami = scores[scores["class_set"] == "aami"]
    nonbeats = int(verdicts.loc[verdicts["pictures"].str.startswith("no beat"), "n"].iloc[0])
    text = _TEMPLATE.format(
        name=metadata["name"],
        version=metadata["version"],
        network=metadata["configuration"]["network"],
        kilobytes=round(metadata["bytes"] / 1000),
        window_ms=WINDOW_BEFORE / SAMPLING_RATE * 1000,
        count=len(shorts),
        classes=", ".join(f"{beat_class['name']} ({beat_class['short']})" for beat_class in metadata["classes"]),
        temperature=round(metadata["temperature"], 4),
        height=metadata["input"]["height"],
        width=metadata["input"]["width"],
        run=metadata["training_run"],
        calibrated_on=metadata.get("calibrated_on", metadata["training_run"]),
        taught=_TAUGHT.format(generations=number)
        if (number := metadata["configuration"].get("generations", 1)) > 1
        else "",
        trees=_TREES.format(trees=trees) if (trees := metadata["configuration"].get("trees")) else "",
        seed=metadata["configuration"]["seed"],
        epochs=metadata["configuration"]["epochs"],
        digest=metadata["data_digest"][:16],
        parity=metadata["parity"]["max_probability_difference"],
        parity_pictures=metadata["parity"]["pictures"],
        licence=metadata["licence"],
        companion=companion,
        scores=_headline_table(pd.concat([ours, aami])),
        classes_table=_class_table(ours[ours["network"] != tables.MAJORITY_BASELINE], shorts),
        aami_table=_class_table(aami[aami["network"] != tables.MAJORITY_BASELINE], ["N", "SVEB", "VEB", "F"]),
        verdicts=_verdict_table(verdicts),
        nonbeats=nonbeats,
        sources=" ".join(_SOURCES[name] for name in metadata["configuration"].get("sources", ["mitdb"])),
        thresholds=_thresholds(metadata),
        people=_people_section(stored, metadata),
        reprints="" if styles is None else _REPRINTS.format(**metadata, beats=int(styles["n"].iloc[0])),
        styles="" if styles is None else _STYLES.format(beats=int(styles["n"].iloc[0]), table=_styles_table(styles)),
    )
    return markdown.wrapped(text)


def _thresholds(metadata: dict[str, Any]) -> str:
    if "decided_on" in metadata:
        return _OUT_OF_FOLD_THRESHOLDS.format(decided_on=metadata["decided_on"])
    return _OWN_THRESHOLDS


def _people_section(stored: StoredTables, metadata: dict[str, Any]) -> str:
    if stored.people is None or stored.confident is None:
        return ""
    return _PEOPLE.format(
        name=metadata["name"],
        version=metadata["version"],
        by_class=_people_table(stored.people),
        confident=_confident_table(stored.confident),
    )


def _people_table(rows: pd.DataFrame) -> str:
    lines = [
        "| leads | databases | class | people | beats | Se | +P | F1 | Se by person |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows[(rows["database"] == "all") | (rows["class"] == "all")].to_dict("records"):
        figures = " | ".join(_figure(row[figure]) for figure in ("Se", "+P"))
        lines.append(
            f"| {row['leads']} | {row['database']} | {row['class']} | {row['people']} | {row['beats']:,} |"
            f" {figures} | {_interval(row, 'F1')} | {_interval(row, 'person_Se')} |"
        )
    return "\n".join(lines)


def _confident_table(rows: pd.DataFrame) -> str:
    lines = ["| leads | of | | people | beats | confident | right then |", "|---|---|---|---|---|---|---|"]
    for row in rows.to_dict("records"):
        figures = " | ".join(_figure(row[figure]) for figure in ("answered", "right"))
        lines.append(
            f"| {row['leads']} | {row['of']} | {row['name']} | {row['people']} | {row['beats']:,} | {figures} |"
        )
    return "\n".join(lines)


def _styles_table(rows: pd.DataFrame) -> str:
    lines = ["| style | accuracy | macro-F1 | ECE | lost | NOT_A_BEAT |", "|---|---|---|---|---|---|"]
    for row in rows.to_dict("records"):
        figures = " | ".join(_figure(row[column]) for column in ("accuracy", "macro_f1", "ece"))
        lost = f"{row['lost_points']:.2f} ({row['lost_points_low']:.2f} – {row['lost_points_high']:.2f})"
        lines.append(f"| {row['style']} | {figures} | {lost} | {_figure(row['NOT_A_BEAT'])} |")
    return "\n".join(lines)


def _headline_table(rows: pd.DataFrame) -> str:
    lines = [
        "| protocol | partition | classes | network | beats | records | accuracy | macro-F1 | ECE |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows.to_dict("records"):
        lines.append(
            f"| {row['protocol']} | {row['partition']} | {row['class_set']} | {row['network']} | {row['n']:,} | {row['records']} |"
            f" {_interval(row, 'accuracy')} | {_interval(row, 'macro_f1')} | {_figure(row['ece'])} |"
        )
    return "\n".join(lines)


def _class_table(rows: pd.DataFrame, names: list[str]) -> str:
    lines = ["| protocol | partition | class | beats | Se | +P | F1 |", "|---|---|---|---|---|---|---|"]
    for row in rows.to_dict("records"):
        for name in [name for name in names if row[f"{name}_n"]]:
            figures = " | ".join(_figure(row[f"{name}_{figure}"]) for figure in ("Se", "+P", "F1"))
            lines.append(f"| {row['protocol']} | {row['partition']} | {name} | {int(row[f'{name}_n']):,} | {figures} |")
    return "\n".join(lines)


def _verdict_table(rows: pd.DataFrame) -> str:
    lines = [
        "| model trained for | pictures | n | CONFIDENT | UNCERTAIN | NOT_A_BEAT | accuracy of CONFIDENT | true class in set | AUROC |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows.to_dict("records"):
        shares = " | ".join(_figure(row[verdict]) for verdict in ("CONFIDENT", "UNCERTAIN", "NOT_A_BEAT"))
        lines.append(
            f"| {row['protocol']} | {row['pictures']} | {row['n']:,} | {shares} |"
            f" {_figure(row['confident_accuracy'])} | {_figure(row['set_coverage'])} | {_figure(row['auroc'])} |"
        )
    return "\n".join(lines)


def _interval(row: dict[str, float], name: str) -> str:
    return f"{_figure(row[name])} ({_figure(row[f'{name}_low'])} – {_figure(row[f'{name}_high'])})"


def _figure(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.4f}"
