"""The card of the model for pages, from its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from training.evaluation import markdown

_TEXT: Final = """\
# Model card: {name} {version}

Made by `python -m training pages-export` from the model's `metadata.json`. **For research and education only. Not a
medical device, not for diagnosis.**

## What it is
A small U-Net ({kilobytes} kB as ONNX) that says of every pixel of a strip, a page, a screenshot or a photograph of
one whether it shows {classes}; `mark` is any other ink: text, calibration pulses, separators of leads, handwriting.
Pages are read without it. One on which names of leads are missing is looked at again, with ink only where the network
sees it; that counts if more names are read. It was trained on pages of {low:g} to {high:g} pixels a millimetre. Keras
and onnxruntime differ by at most {parity:.1e} in any probability; rounding the weights to eight bits changes one by
{rounding:.1e} in the mean.

## Data
{pages} pages that `python -m training pages` drew from recordings of three of the five folds of people, in all layouts
and media; nothing of a real page. {steps} steps of {batch} squares, {squares} cut from each page.

{licence}

## Scores
Of pixels, on {scored_pages} drawn pages of people of another fold, percent. Edges of lines are one pixel wide, and
which side they belong to is a matter of a shade.

| | sensitivity | positive predictivity | overlap |
| --- | --- | --- | --- |
{rows}

## Limits
- Paper, pens and cameras are those that were drawn; real photographs were not measured.
- A page that is turned by any angle is known, but text upside down was as frequent as upright text.
"""


def card(folder: Path) -> str:
    """The card, Markdown, of the version in ``folder`` (``models/ecg-page/<version>``)."""
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    scores = metadata["scores"]
    rows = [
        " | ".join(
            [f"| {name}"]
            + [f"{100 * scores[f'{name}/{kind}']:.1f}" for kind in ("sensitivity", "positive_predictivity", "overlap")]
        )
        + " |"
        for name in metadata["classes"]
    ]
    settings = metadata["settings"]
    low, high = metadata["pixels_per_mm"]
    return markdown.wrapped(
        _TEXT.format(
            name=metadata["name"],
            version=metadata["version"],
            kilobytes=round(metadata["bytes"] / 1024),
            classes=", ".join(f"`{name}`" for name in metadata["classes"]),
            low=low,
            high=high,
            parity=metadata["parity"],
            rounding=metadata["rounding"],
            pages=metadata["pages"],
            steps=settings["steps"],
            batch=settings["batch"],
            squares=settings["squares"],
            licence=metadata["licence"],
            scored_pages=metadata["scored_pages"],
            rows="\n".join(rows),
        )
    )
