"""Which of the chosen files belong together: those of one WFDB record do, every other file is a recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

_HEADER = ".hea"


def groups(names: Sequence[str]) -> list[list[int]]:
    """Places of the files of each recording, in the order in which they were chosen.

    A WFDB header takes the files of its name with it, and the headers that are parts of a longer record: ``100_0001``
    is a part of ``100``. A file of another name that no header takes goes with the only record, if there is only one:
    a header may name any file.
    """
    stems = [PurePosixPath(name.replace("\\", "/")).stem.lower() for name in names]
    headers = [stem for stem, name in zip(stems, names, strict=True) if name.lower().endswith(_HEADER)]
    records = [stem for stem in dict.fromkeys(headers) if not _is_part(stem, headers)]
    groups_by_name: dict[str, list[int]] = {}
    for place, stem in enumerate(stems):
        record = next((record for record in records if stem == record or _is_part_of(stem, record)), "")
        if not record and len(records) == 1:
            record = records[0]
        groups_by_name.setdefault(record or f"/{place}", []).append(place)
    return list(groups_by_name.values())


def _is_part(stem: str, headers: Sequence[str]) -> bool:
    return any(_is_part_of(stem, header) for header in headers)


def _is_part_of(stem: str, record: str) -> bool:
    return stem.startswith(f"{record}_")
