"""Taking in a stranger's recording: in a process that may die, into the house's own form."""

from __future__ import annotations

import dataclasses
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecg.formats import (
    IMPORT_LIMITS,
    Answers,
    Kind,
    RecordingError,
    RecordingQuestion,
    files,
    import_recording,
    limits,
    open_recording,
    sniff,
)
from ecg.store import open_store
from tests.ecg.formats import made, made_tables


def refused(reason: str, contents: dict[str, bytes], folder: Path, **bounds: Any) -> None:
    with pytest.raises(RecordingError) as error:
        import_recording(contents, folder, limits=dataclasses.replace(IMPORT_LIMITS, **bounds))
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "contents"),
    [
        (Kind.WFDB, made.wfdb()),
        (Kind.EDF, {"a": made.edf(kind="EDF+D", onsets=[0, 1, 2, 3, 4, 7.5, 8.5, 9.5, 10.5, 11.5], texts=["on"])}),
        (
            Kind.BDF,
            {
                "a": made.edf(
                    made.digital(gain=1e6), size=3, physical=(-8388608, 8388607), ends=(-8388608, 8388607), unit="nV"
                )
            },
        ),
        (Kind.TABLE, {"a": made_tables.table().encode()}),
        (Kind.DICOM, {"a": made.dicom()}),
        (Kind.SCP, {"a": made.scp()}),
        (Kind.AECG, {"a": made.aecg().encode()}),
        (Kind.ISHNE, {"a": made.ishne()}),
        (Kind.MUSE, {"a": made.muse().encode()}),
        (Kind.PHILIPS, {"a": made.philips().encode()}),
        (Kind.KARDIA, {"a": made.atc()}),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else "",
)
def test_what_is_taken_in_is_what_is_opened(kind: Kind, contents: dict[str, bytes], tmp_path: Path) -> None:
    assert sniff(contents) is kind
    opened = open_recording(contents)
    stored = import_recording(contents, tmp_path / "store")
    assert stored.kind == kind.value
    again = stored.recording
    assert (again.leads, again.rate, again.start, again.gaps) == (opened.leads, opened.rate, opened.start, opened.gaps)
    assert again.warnings == opened.warnings
    assert again.annotations.notes.tolist() == opened.annotations.notes.tolist()
    np.testing.assert_array_equal(again.read(), opened.read())
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        *("annotations.json", "pyramid.bin", "recording.json", "signal.bin"),
    ]


def test_files_on_disk_may_have_any_name(tmp_path: Path) -> None:
    for name, content in made.wfdb().items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "picture.png").write_bytes(made.edf())
    assert sniff({"x": tmp_path / "picture.png"}) is Kind.EDF
    stored = import_recording([tmp_path / "r.hea", tmp_path / "r.dat"], tmp_path / "store")
    np.testing.assert_allclose(stored.recording.read(), made.digital() / 200, atol=1e-6)
    np.testing.assert_allclose(
        open_recording(tmp_path / "picture.png").read(0, 5), open_recording({"a": made.edf()}).read(0, 5)
    )


def test_a_question_is_asked_across_processes_and_answered(tmp_path: Path) -> None:
    contents = {"a": made_tables.table(times=False, head="").encode()}
    with pytest.raises(RecordingQuestion) as asked:
        import_recording(contents, tmp_path / "store")
    assert [question.about for question in asked.value.questions] == ["rate", "unit", "leads"]
    assert "mV" in asked.value.questions[1].candidates
    assert asked.value.questions[2].columns == ("column 1", "column 2")
    assert asked.value.reason == "RECORDING_RATE_UNKNOWN"
    stored = import_recording(contents, tmp_path / "store", Answers(rate=250, unit="mV", leads=("II", "V1")))
    assert stored.recording.leads == ("II", "V1")


@pytest.mark.parametrize("answers", [{"rate": 0.0}, {"rate": float("nan")}, {"unit": "furlong"}])
def test_answers_that_can_not_be_are_refused(answers: dict[str, float]) -> None:
    with pytest.raises(RecordingError):
        Answers(**answers)  # type: ignore[arg-type]


def test_a_header_reaches_no_file_that_was_not_sent(tmp_path: Path) -> None:
    (tmp_path / "secret.dat").write_bytes(made.wfdb()["r.dat"])
    header = made.wfdb()["r.hea"]
    for name in (
        "secret.dat",
        str(tmp_path / "secret.dat"),
        f"../{tmp_path.name}/secret.dat",
        "file-0",
        "./secret.dat",
    ):
        with pytest.raises(RecordingError) as error:
            import_recording({"r.hea": header.replace(b"r.dat", name.encode())}, tmp_path / "store")
        assert error.value.reason in ("RECORDING_FILE_MISSING", "RECORDING_FILE_OUTSIDE")


def test_too_little_time_is_an_answer_not_a_crash(tmp_path: Path) -> None:
    slow = "\n".join(f"{at // 900_000:02d}:{at // 15_000 % 60:02d}:{at // 250 % 60:02d},0.1" for at in range(1_500_000))
    refused("RECORDING_TOO_COSTLY", {"a": f"time,II (mV)\n{slow}".encode()}, tmp_path / "store", cpu_seconds=1.0)


def test_too_little_memory_is_an_answer_not_a_crash(tmp_path: Path) -> None:
    data = made.dicom(np.zeros((2, 8_000_000), np.int64))
    refused("RECORDING_TOO_COSTLY", {"a": data}, tmp_path / "store", memory_bytes=40 * 1024**2)


def test_nothing_of_a_refused_recording_can_be_opened(tmp_path: Path) -> None:
    refused("RECORDING_TRUNCATED", {"a": made.edf()[:600]}, tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def test_a_recording_that_was_taken_in_is_not_written_over(tmp_path: Path) -> None:
    stored = import_recording({"a": made.edf()}, tmp_path / "store")
    with pytest.raises(FileExistsError):
        import_recording({"a": b"nothing"}, tmp_path / "store")
    assert open_store(tmp_path / "store", verify=True).digest == stored.digest


def test_a_zip_that_unpacks_to_more_than_it_may(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.edf", bytes(5_000_000))
    monkeypatch.setattr(limits, "MAX_BYTES", 1_000_000)
    with pytest.raises(RecordingError) as error:
        open_recording({"a.zip": whole.getvalue()})
    assert error.value.reason == "RECORDING_ARCHIVE_UNSAFE"


def test_a_zip_whose_directory_lies_about_sizes() -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.edf", made.edf())
    data = bytearray(whole.getvalue())
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(RecordingError) as error:
        open_recording({"a.zip": bytes(data)})
    assert error.value.reason == "RECORDING_DAMAGED"


def test_too_many_files_are_refused_before_they_are_read() -> None:
    with pytest.raises(RecordingError) as error:
        files.files_of({str(number): b"x" for number in range(limits.MAX_FILES + 1)})
    assert error.value.reason == "RECORDING_TOO_MANY_FILES"


def test_two_weeks_of_zeros_in_a_small_zip_stay_within_bounds(tmp_path: Path) -> None:
    rate = 20  # the bounds don't depend on it
    samples = 14 * 86_400 * rate
    header = f"r 1 {rate} {samples}\nr.dat 212 200/mV 12 0 0 0 0 II\n"
    archive_path = tmp_path / "zeros.zip"
    with zipfile.ZipFile(archive_path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("r.hea", header)
        with archive.open("r.dat", "w", force_zip64=True) as member:
            for _ in range(samples * 3 // 2 // 1_000_000):
                member.write(bytes(1_000_000))
            member.write(bytes(samples * 3 // 2 % 1_000_000))
    assert archive_path.stat().st_size < 5_000_000
    bounds = dataclasses.replace(IMPORT_LIMITS, memory_bytes=200 * 1024**2)
    stored = import_recording(archive_path, tmp_path / "store", limits=bounds)
    assert stored.recording.seconds == 14 * 86_400
    assert [warning.reason for warning in stored.recording.warnings] == [
        *("RECORDING_RATE_UNUSUAL", "RECORDING_LEAD_FLAT"),
    ]


def is_read_or_refused(contents: dict[str, bytes]) -> bool:
    """Anything but an answer, such as an error of another kind, goes through."""
    try:
        recording = open_recording(contents, Answers(rate=250.0, unit="uV"))
    except RecordingError as error:
        return error.reason.startswith("RECORDING_")
    return recording.samples > 0 and recording.rate > 0


@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_are_read_or_refused_and_nothing_else(seed: int) -> None:
    random = np.random.default_rng(seed)
    makers: tuple[Callable[[], bytes], ...] = (
        lambda: made.edf(kind="EDF+D", texts=["a"]), made.ishne, made.scp, lambda: made.aecg().encode(),
        lambda: made.muse().encode(), lambda: made.philips().encode(), made.atc, made.dicom,
        lambda: made_tables.table().encode(), lambda: made.edf(size=3, ends=(-8388608, 8388607)),
    )  # fmt: skip
    for maker in makers:
        data = bytearray(maker())
        for _ in range(int(random.integers(1, 20))):
            data[int(random.integers(0, min(len(data), 4000)))] = int(random.integers(0, 256))
        if random.random() < 0.3:
            del data[int(random.integers(1, len(data))) :]
        assert is_read_or_refused({"a": bytes(data)})


@pytest.mark.parametrize("seed", range(25))
def test_damaged_records_are_read_or_refused_and_nothing_else(seed: int) -> None:
    random = np.random.default_rng(seed)
    contents = made.wfdb()
    header = bytearray(contents["r.hea"])
    for _ in range(int(random.integers(1, 6))):
        header[int(random.integers(0, len(header)))] = int(random.choice(list(b"0123456789 /-+()x:.,~ab\n")))
    assert is_read_or_refused({**contents, "r.hea": bytes(header)})


def test_the_readers_load_nothing_that_speaks_to_a_network() -> None:
    import subprocess
    import sys

    names = "'wfdb', 'aiohttp', 'pydicom', 'ecgdatakit', 'pandas'"
    code = f"import sys, ecg.formats; print([name for name in ({names}) if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert result.stdout.strip() == "[]"
