"""The sources of recordings: which setting names their folder, how they are read, what their licence asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from training.databases.database import Database
from training.databases.marked import MarkedRecording, mitdb, ptbxl, qtdb, vfdb, whole_records
from training.databases.registry import DATABASES as READERS
from training.synthetic import bundle_branch_block, rhythm_edits
from training.synthetic import ptbxl as synthetic_ptbxl


def _first(folders: Sequence[Path]) -> Path:
    return folders[0]


@dataclass(frozen=True, slots=True)
class Source:
    """Recordings with marked beats, as a database has them, or synthetic."""

    name: str
    database: Database
    """Whose recordings they are, or come from."""
    record_names: Callable[[Path], list[str]]
    """Records that have labelled beats."""
    read: Callable[[Path, str], MarkedRecording]
    choose_folder: Callable[[Sequence[Path]], Path] = _first
    """Which folder counts where the database's setting names several."""

    @property
    def title(self) -> str:
        """What the database is called."""
        return self.database.title

    @property
    def setting(self) -> str:
        """Environment variable that names the database's folder."""
        return self.database.setting

    @property
    def notice(self) -> str:
        """What must stand wherever something made from it ships."""
        return self.database.notice

    def folder(self) -> Path:
        """The folder that the setting names.

        Raises:
            RecordsError: the setting is empty.
        """
        return self.choose_folder(self.database.folders())


def _of_whole_records(name: str, reader: str) -> Source:
    database = READERS[reader]
    return Source(
        name, database, partial(whole_records.record_names, database), partial(whole_records.read_recording, database)
    )


MITDB = Source("mitdb", READERS["mitdb"], mitdb.record_names, mitdb.read_recording)
VFDB = Source("vfdb", READERS["vfdb"], vfdb.fibrillating_records, vfdb.read_recording)
PTBXL = Source("ptbxl", READERS["ptbxl"], ptbxl.labelled_records, ptbxl.read_recording, ptbxl.database_folder)
EDITED = replace(MITDB, name="edited", record_names=rhythm_edits.record_names, read=rhythm_edits.read_recording)
PTBXL_ROTATED = replace(
    PTBXL, name="ptbxl-turned", record_names=synthetic_ptbxl.rotated_records, read=synthetic_ptbxl.read_rotated
)
SIMULATED_BLOCK = replace(
    MITDB, name="blocked", record_names=bundle_branch_block.record_names, read=bundle_branch_block.read_recording
)
PTBXL_SIMULATED_BLOCK = replace(
    PTBXL,
    name="ptbxl-blocked",
    record_names=synthetic_ptbxl.simulated_block_records,
    read=synthetic_ptbxl.read_simulated_block,
)

QTDB = Source("qtdb", READERS["qtdb"], qtdb.record_names, qtdb.read_recording)

#: Recordings of people that version 4 and before learned from.
DATABASES: dict[str, Source] = {source.name: source for source in (MITDB, VFDB, PTBXL)}

#: Recordings of more people, whose records are labelled as a whole or have every beat marked. ``ptbxl-all`` has all
#: that the folders of PTB-XL have, each record once, those of ``ptbxl`` among them.
MORE_PEOPLE: dict[str, Source] = {
    source.name: source
    for source in (
        _of_whole_records("ptbxl-all", "ptbxl"),
        _of_whole_records("cpsc2018", "cpsc2018"),
        _of_whole_records("ludb", "ludb"),
        QTDB,
        _of_whole_records("ecgiddb", "ecgiddb"),
    )
}

#: Everything that beats can be prepared from.
SOURCES: dict[str, Source] = (
    DATABASES
    | MORE_PEOPLE
    | {source.name: source for source in (EDITED, PTBXL_ROTATED, SIMULATED_BLOCK, PTBXL_SIMULATED_BLOCK)}
)


def notice(names: Sequence[str]) -> str:
    """The licence notices of several sources, in the order of :data:`SOURCES`, each once."""
    return " ".join(dict.fromkeys(source.notice for name, source in SOURCES.items() if name in names))
