"""The databases that recordings come from: where their folder is told, how they are read, what their licence asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.databases import mitdb, ptbxl, vfdb
from training.databases.marked import MarkedRecording, RecordsError
from training.synthetic import bundle_branch_block, rhythm_edits
from training.synthetic import ptbxl as synthetic_ptbxl


@dataclass(frozen=True, slots=True)
class Source:
    """One database."""

    name: str
    title: str
    setting: str
    """Environment variable that names its folder."""
    record_names: Callable[[Path], list[str]]
    """Records that have labelled beats."""
    read: Callable[[Path, str], MarkedRecording]
    notice: str
    """What must stand wherever something made from it ships."""

    def folder(self) -> Path:
        """The folder that the setting names.

        Raises:
            RecordsError: the setting is empty.
        """
        value = os.environ.get(self.setting, "")
        if not value:
            raise RecordsError(f"Where are the recordings of the {self.title}? Set {self.setting} to their folder.")
        return Path(value)


def _odc_by(title: str, path: str) -> str:
    return (
        f"Contains information from {title} (https://physionet.org/content/{path}/) which is made available under the"
        " ODC Attribution License."
    )


MITDB = Source(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database",
    setting="MITDB_DIR",
    record_names=mitdb.record_names,
    read=mitdb.read_recording,
    notice=_odc_by("MIT-BIH Arrhythmia Database", "mitdb/1.0.0")
    + " Moody & Mark 2001, IEEE Eng. Med. Biol. 20(3):45-50; Goldberger et al. 2000, Circulation 101:e215;"
    " doi:10.13026/C2F305.",
)
VFDB = Source(
    name="vfdb",
    title="MIT-BIH Malignant Ventricular Ectopy Database",
    setting="VFDB_DIR",
    record_names=vfdb.fibrillating_records,
    read=vfdb.read_recording,
    notice=_odc_by("MIT-BIH Malignant Ventricular Ectopy Database", "vfdb/1.0.0") + " Greenwald 1986.",
)
PTBXL = Source(
    name="ptbxl",
    title="PTB-XL",
    setting="PTBXL_DIR",
    record_names=ptbxl.labelled_records,
    read=ptbxl.read_recording,
    notice="Contains information from PTB-XL (https://physionet.org/content/ptb-xl/) by Wagner et al. 2020,"
    " Sci. Data 7:154, under CC BY 4.0.",
)
EDITED = replace(MITDB, name="edited", record_names=rhythm_edits.record_names, read=rhythm_edits.read_recording)
TURNED = replace(
    PTBXL, name="ptbxl-turned", record_names=synthetic_ptbxl.turned_records, read=synthetic_ptbxl.read_turned
)
BLOCKED = replace(
    MITDB, name="blocked", record_names=bundle_branch_block.record_names, read=bundle_branch_block.read_recording
)
PTBXL_BLOCKED = replace(
    PTBXL, name="ptbxl-blocked", record_names=synthetic_ptbxl.blocked_records, read=synthetic_ptbxl.read_blocked
)

#: What recordings were made of people.
DATABASES: dict[str, Source] = {source.name: source for source in (MITDB, VFDB, PTBXL)}

#: Everything that beats can be prepared from.
SOURCES: dict[str, Source] = DATABASES | {one.name: one for one in (EDITED, TURNED, BLOCKED, PTBXL_BLOCKED)}


def notice(names: Sequence[str]) -> str:
    """The licence notices of several sources, in the order of :data:`SOURCES`, each once."""
    return " ".join(dict.fromkeys(source.notice for name, source in SOURCES.items() if name in names))
