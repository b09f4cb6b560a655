"""Pages as files: the picture, what is known of it, and its signals as a WFDB record.

``00012.png`` (or ``.jpg``) is the picture; ``00012.json`` holds :meth:`PageTruth.facts`; ``00012.hea`` and ``.dat`` are
the leads by name on the page's time axis, with gaps where a lead isn't shown; ``00012.npz`` has for each lead
``millivolts_0`` and ``trace_0`` (places in the picture), and ``labels``, the classes of all pixels.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import wfdb
from numpy.typing import NDArray
from PIL import Image

from training.pages.making import Page
from training.pages.plans import Pool, Wish, page_of
from training.pages.truth import LeadTruth

Leads = dict[str, NDArray[np.float32]]


def write(pool: Pool, folder: Path, count: int, seed: int, wish: Wish | None = None) -> Iterator[int]:
    """Write pages 0 to ``count`` - 1; those that are there already are left. Yields how many are done.

    Raises:
        NoRecordingsError: no record can be shown so.
        RecordsError: a record can't be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"{number:05d}"
        if not (folder / f"{name}.json").is_file():
            store(page_of(pool, number, seed, wish), folder, name)
        yield number + 1


def store(page: Page, folder: Path, name: str) -> None:
    """Write one page; the JSON file is the last, and complete when it is there."""
    if page.jpeg is not None:
        (folder / f"{name}.jpg").write_bytes(page.jpeg)
    else:
        Image.fromarray(page.pixels).save(folder / f"{name}.png")
    arrays: dict[str, NDArray[np.generic]] = {"labels": page.labels}
    for place, lead in enumerate(page.truth.leads):
        arrays |= {f"millivolts_{place}": lead.millivolts, f"trace_{place}": lead.trace.astype(np.float32)}
    np.savez_compressed(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]
    leads = on_one_axis(page.truth.leads)
    wfdb.wrsamp(
        name,
        fs=page.truth.leads[0].rate,
        units=["mV"] * len(leads),
        sig_name=list(leads),
        p_signal=np.stack(list(leads.values()), axis=1).astype(np.float64),
        fmt=["16"] * len(leads),
        write_dir=str(folder),
    )
    partial = folder / f"{name}.json.partial"
    partial.write_text(json.dumps(page.truth.facts(), indent=1) + "\n", encoding="utf-8")
    os.replace(partial, folder / f"{name}.json")


def on_one_axis(leads: tuple[LeadTruth, ...]) -> Leads:
    """The leads by name on the page's time axis, ``[samples]`` each, ``nan`` where a lead isn't shown."""
    rate = leads[0].rate
    length = max(round(lead.begin * rate) + len(lead.millivolts) for lead in leads)
    read: Leads = {}
    for lead in leads:
        values = read.setdefault(lead.name, np.full(length, np.nan, np.float32))
        begin = round(lead.begin * rate)
        values[begin : begin + len(lead.millivolts)] = lead.millivolts
    return read
