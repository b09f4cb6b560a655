"""Archives that the benchmarks make: good recordings and files that claim to be one."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fsspec", reason="needs the extra archive")

from archive.listing import items_in
from benchmarks.archive.made import write_broken, write_good
from ecg.formats.reading import open_recording
from ecg.recording_errors import RecordingError


def test_good_ones_are_read_and_broken_ones_are_taken_for_recordings_and_refused(tmp_path: Path) -> None:
    good = dict(write_good(tmp_path, 3, 0.01))
    broken = write_broken(tmp_path / "broken", 10)
    items = list(items_in(str(tmp_path)))
    assert {item.file for item in items} == {str(file) for file in (*good, *broken)}
    assert all(item.left_out is None for item in items)
    assert {open_recording([file, file.with_suffix(".dat")]).seconds for file in good} == {36.0}
    for file in broken:
        with pytest.raises(RecordingError):
            open_recording(file)
