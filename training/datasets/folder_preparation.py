"""``prepare --from-folders``: class folders to a prepared data set, with every file accounted for and an audit."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from ecg.classes import CLASS_SETS
from ecg.pictures.files import LeftOut, shown
from inference_server.models.onnx_model import OnnxModel
from training.datasets import folder_audit, folders, label_audit, prepared_data
from training.datasets.class_folders import Survey, parse_map, survey

#: Class folders may hold any of these.
CLASSES: Final = CLASS_SETS["eight"]

#: So many files that were left out are listed on the screen, and in the output for programs; the CSV file has them all.
_LISTED: Final = 20
_LISTED_FOR_PROGRAMS: Final = 10_000

#: The list of everything that was found, beside the prepared pictures.
AUDIT: Final = "audit.csv"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a data set of class folders."""

    data: Path
    classes: list[dict[str, Any]]
    """``side`` (the partition), ``class``, ``folders`` and ``pictures`` of each class in each partition."""
    left_out: list[dict[str, str]]
    """``file``, ``reason`` and ``message`` of what was seen and not read."""
    findings: list[label_audit.Finding]
    sentences: list[str]
    """What people should know about the findings."""

    @property
    def pictures(self) -> int:
        """How many were read."""
        return sum(entry["pictures"] for entry in self.classes)


def prepare(source: Path, data: Path, mapped: Sequence[str], model: OnnxModel | None, progress: Progress) -> Prepared:
    """Read the class folders in ``source`` into ``data`` and look for what is wrong with them.

    Args:
        mapped: what people say which folder means, see :func:`training.datasets.class_folders.parse_map`.
        model: is asked whether a whole folder looks like another class.

    Raises:
        DatasetError: the folders are no such data set, or a partition of it is empty.
    """
    surveyed = survey(source, CLASSES, parse_map(mapped, CLASSES))
    read = _read(surveyed, data, progress)
    task = progress.add_task("% of the pictures compared", total=100)
    files = folders.read_files(data)
    pixels = prepared_data.load(data, variants=0).pixels[0]
    findings = label_audit.audit(files, pixels, lambda done: progress.update(task, completed=100 * done))
    sentences = label_audit.sentences(findings)
    if model is not None and folder_audit.can_answer(model):
        whole = list(folder_audit.whole_folders(files, surveyed.root, model))
        findings = [*(item.finding() for item in whole), *findings]
        sentences = [*(item.sentence() for item in whole), *sentences]
    label_audit.write(findings, data / AUDIT)
    left_out = [*surveyed.left_out, *(item for folder in read for item in folder.left_out)]
    return Prepared(
        data=data,
        classes=[_class_entry(folder, surveyed.root) for folder in read if folder.folder.folders],
        left_out=[_left_out_entry(item, surveyed.source) for item in left_out],
        findings=findings,
        sentences=sentences,
    )


def _read(surveyed: Survey, data: Path, progress: Progress) -> list[folders.Read]:
    task = progress.add_task("% of the pictures read", total=100)
    reading = folders.read_folders(surveyed, data, lambda done: progress.update(task, completed=100 * done))
    read = []
    for folder in reading:
        read.append(folder)
        if folder.folder.folders:
            named = ", ".join(shown(path.relative_to(surveyed.root)) for path in folder.folder.folders)
            line = f"{named} ({folder.folder.beat_class.short}): {counted(folder.pictures, 'picture')}"
            progress.console.print(escape(line), highlight=False, soft_wrap=True)
    return read


def _class_entry(read: folders.Read, root: Path) -> dict[str, Any]:
    return {
        "side": read.folder.partition,
        "class": read.folder.beat_class.short,
        "folders": [path.relative_to(root).as_posix() for path in read.folder.folders],
        "pictures": read.pictures,
    }


def _left_out_entry(item: LeftOut, source: Path) -> dict[str, str]:
    return {"file": item.path.relative_to(source).as_posix(), "reason": item.reason, "message": item.message}


def say(prepared: Prepared, console: Console) -> None:
    """Tell people what was read, what was left out and what was found."""
    for sentence in prepared.sentences:
        console.print(f"[yellow]{escape(sentence)}[/]", soft_wrap=True)
    for entry in prepared.left_out[:_LISTED]:
        console.print(escape(f"left out {shown(entry['file'])}: {entry['message']}"), highlight=False, soft_wrap=True)
    if len(prepared.left_out) > _LISTED:
        console.print(f"and {len(prepared.left_out) - _LISTED:,} more")
    reasons = Counter(entry["reason"] for entry in prepared.left_out)
    by_reason = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    listed = f" ({by_reason}); {prepared.data / folders.LEFT_OUT} names them" if by_reason else ""
    read, left_out = counted(prepared.pictures, "picture"), counted(len(prepared.left_out), "file")
    console.print(f"{read} read, {left_out} left out{listed}", highlight=False, soft_wrap=True)
    count = counted(len(prepared.findings), "finding")
    listing = "is" if len(prepared.findings) == 1 else "are"
    console.print(f"{count} {listing} listed in {prepared.data / AUDIT}", highlight=False, soft_wrap=True)


def counted(number: int, noun: str) -> str:
    """``1 picture``, ``2 pictures``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def print_json(prepared: Prepared) -> None:
    """The same for programs, as one JSON object on the standard output."""
    summary = {
        "data": str(prepared.data),
        "pictures": prepared.pictures,
        "classes": prepared.classes,
        "left_out": {"total": len(prepared.left_out), "files": prepared.left_out[:_LISTED_FOR_PROGRAMS]},
        "findings": {
            "total": len(prepared.findings),
            "sentences": prepared.sentences,
            "files": [asdict(finding) for finding in prepared.findings[:_LISTED_FOR_PROGRAMS]],
        },
    }
    sys.stdout.write(json.dumps(summary) + "\n")
