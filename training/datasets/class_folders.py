"""What lies where in a data set of class folders: partitions, classes, pictures, and the files that are neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ecg.classes import TrainingClass, class_named, nearest_names
from ecg.pictures.files import LeftOut, is_of_the_system, shown, walk
from training.datasets.prepared_data import DatasetError

#: The partitions of a data set, in order, as they are called in tables and written as folders.
TRAIN, VALIDATION, TEST = "train", "validation", "test"

#: What people call the folder of a partition, without spaces, hyphens, underscores and "set", "data" or "dataset"
#: behind it.
_PARTITION_NAMES: Final = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
    "testing": TEST,
    "tests": TEST,
}

#: A source whose partitions lie in a folder of its own (as unpacking leaves it) is looked into so deep.
_MOST_WRAPPERS: Final = 4

#: ``--map Folder=-`` leaves a folder out.
_LEAVE_OUT: Final = "-"

#: Why files of a data set were left out, beside :class:`ecg.pictures.files.LeftOutReason`.
OUTSIDE_THE_PARTITIONS: Final = "OUTSIDE_THE_SIDES"
IN_NO_CLASS_FOLDER: Final = "IN_NO_CLASS_FOLDER"
FOLDER_LEFT_OUT: Final = "FOLDER_LEFT_OUT"


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """One class in one partition."""

    partition: str
    beat_class: TrainingClass
    folders: list[Path] = field(default_factory=list)
    """The folders that mean the class; more than one where it is spelled in two ways."""
    files: list[Path] = field(default_factory=list)
    """What may be a picture, in order."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A data set before a picture of it is decoded."""

    source: Path
    """The folder that was looked through."""
    root: Path
    """The folder in which the partitions lie: ``source``, or what unpacking has put into it."""
    class_folders: list[ClassFolder]
    """By partition, then in the order of the classes; those without files are among them."""
    left_out: list[LeftOut]


def parse_map(entries: Sequence[str], classes: Sequence[TrainingClass]) -> dict[str, TrainingClass | None]:
    """``Folder=CLASS`` or ``Folder=-`` (leave it out) to the class of each folder's name.

    Raises:
        DatasetError: an entry is not of this form, names no class, or names a folder twice.
    """
    mapped: dict[str, TrainingClass | None] = {}
    for entry in entries:
        folder, equals, named = (part.strip() for part in entry.rpartition("="))
        if not equals or not folder:
            raise DatasetError(f"--map {entry!r} is not of the form 'Folder=CLASS', or 'Folder=-' to leave it out.")
        chosen = None if named == _LEAVE_OUT else class_named(named, classes)
        if chosen is None and named != _LEAVE_OUT:
            raise DatasetError(f"--map {entry!r} names no class. Known: {_known(classes)}.")
        if _folded(folder) in mapped:
            raise DatasetError(f"--map names the folder {folder!r} twice.")
        mapped[_folded(folder)] = chosen
    return mapped


def survey(
    source: Path, classes: Sequence[TrainingClass], mapped: Mapping[str, TrainingClass | None] | None = None
) -> Survey:
    """Find the partitions, the classes and all files of a data set.

    Args:
        mapped: what :func:`parse_map` made; comes before the names that are known.

    Raises:
        DatasetError: a partition is missing, twice there or without a picture; a folder is no class; or ``mapped``
            names a folder that is not there.
    """
    root, partitions = _partition_folders(source)
    named = _class_folders(root, partitions, classes, mapped or {})
    surveyed = Survey(
        source, root, [ClassFolder(partition, beat_class) for partition in partitions for beat_class in classes], []
    )
    by_class = {(entry.partition, entry.beat_class): entry for entry in surveyed.class_folders}
    for class_folder, (partition, beat_class) in named.items():
        if beat_class is not None:
            by_class[partition, beat_class].folders.append(class_folder)
    for item in walk(source, {*partitions.values(), *named}):
        path = item.path if isinstance(item, LeftOut) else item
        folder = next((parent for parent in path.parents if parent in named), None)
        if folder is None and not any(parent in path.parents for parent in partitions.values()):
            surveyed.left_out.append(
                LeftOut(path, OUTSIDE_THE_PARTITIONS, "The file does not lie in the folder of a partition.")
            )
        elif isinstance(item, LeftOut):
            surveyed.left_out.append(item)
        elif folder is None:
            surveyed.left_out.append(
                LeftOut(path, IN_NO_CLASS_FOLDER, "The file does not lie in the folder of a class.")
            )
        else:
            partition, beat_class = named[folder]
            if beat_class is None:
                surveyed.left_out.append(LeftOut(path, FOLDER_LEFT_OUT, "Its folder is left out by --map."))
            else:
                by_class[partition, beat_class].files.append(path)
    for partition, partition_folder in partitions.items():
        if not any(entry.files for entry in surveyed.class_folders if entry.partition == partition):
            raise DatasetError(f"The {partition} partition, {partition_folder}/, has no pictures.")
    return surveyed


def _partition_folders(source: Path) -> tuple[Path, dict[str, Path]]:
    """The folder in which the partitions lie, and the folder of each partition, in order."""
    root = source
    for _ in range(_MOST_WRAPPERS):
        below = list(_folders(root))
        if len(below) != 1 or _partition_of(below[0].name):
            break
        root = below[0]
    partitions: dict[str, Path] = {}
    for folder in _folders(root):
        if partition := _partition_of(folder.name):
            if partition in partitions:
                raise DatasetError(
                    f"{root} has the {partition} partition twice: {partitions[partition].name}/ and {folder.name}/."
                )
            partitions[partition] = folder
    for partition in (TRAIN, TEST):
        if partition not in partitions:
            raise DatasetError(f"{root} has no folder {partition}/.")
    return root, {
        partition: partitions[partition] for partition in (TRAIN, VALIDATION, TEST) if partition in partitions
    }


def _class_folders(
    root: Path,
    partitions: Mapping[str, Path],
    classes: Sequence[TrainingClass],
    mapped: Mapping[str, TrainingClass | None],
) -> dict[Path, tuple[str, TrainingClass | None]]:
    """Side and class of each class folder; the class is None where it is to be left out."""
    class_folders: dict[Path, tuple[str, TrainingClass | None]] = {}
    unknown: dict[str, None] = {}
    met: set[str] = set()
    for partition, partition_folder in partitions.items():
        for folder in _folders(partition_folder):
            folded = _folded(folder.name)
            met.add(folded)
            beat_class = mapped[folded] if folded in mapped else class_named(folder.name, classes)
            if beat_class is None and folded not in mapped:
                unknown[folder.name] = None
            class_folders[folder] = (partition, beat_class)
    if unknown:
        raise DatasetError(_unknown_folders(root, list(unknown), classes))
    if unmet := [name for name in mapped if name not in met]:
        raise DatasetError(f"--map names folders that are not there: {', '.join(unmet)}.")
    return class_folders


def _unknown_folders(root: Path, names: Sequence[str], classes: Sequence[TrainingClass]) -> str:
    meant = {name: nearest_names(name, classes) for name in names}
    hints = [f"{shown(name)!r} is spelled much like {alike[0]!r}." for name, alike in meant.items() if alike]
    example = shown(names[0])
    return " ".join(
        [
            f"{root} has folders that are no class: {', '.join(map(shown, names))}.",
            *hints,
            f"Known: {_known(classes)}.",
            f"Name the class of others with --map '{example}=CLASS', or leave a folder out with --map '{example}=-'.",
        ]
    )


def _folders(folder: Path) -> Iterator[Path]:
    """The folders in ``folder``, in order, without hidden ones and those of the operating system."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"{folder} can't be read: {error.strerror}.") from error
    for path in entries:
        if path.is_dir() and not path.name.startswith(".") and not is_of_the_system(path.name):
            yield path


def _partition_of(name: str) -> str | None:
    plain = re.sub(r"[\W_]+", "", name.casefold())
    return _PARTITION_NAMES.get(plain) or _PARTITION_NAMES.get(re.sub(r"(dataset|data|set)$", "", plain))


def _folded(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.strip().casefold()))


def _known(classes: Sequence[TrainingClass]) -> str:
    return ", ".join(f"{beat_class.short} ({beat_class.name})" for beat_class in classes)
