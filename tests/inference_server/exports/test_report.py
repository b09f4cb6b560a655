"""The report: its words, its pages, and that what it draws is to scale."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pypdfium2
import pytest

from ecg.recording import Millivolts, Recording, RecordingWarning
from ecg.rhythm.brevity import Untold
from inference_server.classification import DISCLAIMER
from inference_server.exports import report_tables
from inference_server.exports.document import summary
from inference_server.exports.moments import STRIP_SECONDS, moments
from inference_server.exports.paper import points, printable, scale_of
from inference_server.exports.report import report
from tests.inference_server.exports.made import analysis_of, recording_of, regular, with_ventricular


def texts(pdf: bytes) -> list[str]:
    """The words of each page, white space made one."""
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf)]


@dataclass(frozen=True)
class Repeated:
    """The same ten minutes again and again."""

    values: Millivolts
    samples: int

    def read(self, begin: int, end: int) -> Millivolts:
        return self.values[:, np.arange(begin, end) % self.values.shape[1]]


@pytest.fixture(scope="module")
def pages() -> list[str]:
    beats = [*regular(60), *((61.6 + 0.8 * place, "NORMAL") for place in range(60))]
    beats = with_ventricular(beats, 20, 40, 41, 90, 91, 92)
    warning = RecordingWarning("RECORDING_LEAD_FLAT", "Lead V1 is flat in 7% of its seconds.", "V1")
    analysis = analysis_of(beats, 112, uncertain=[30], warnings=(warning,))
    return texts(report(analysis, recording_of(beats, 112), "Müller 1.edf"))


def test_the_report_says_what_it_is_of_and_what_it_is_for(pages: list[str]) -> None:
    assert "Müller 1.edf" in pages[0]
    assert "0:01:52 (when is not known), 360 samples a second" in pages[0]
    assert all(DISCLAIMER in page and f"page {number}" in page for number, page in enumerate(pages, start=1))
    assert "arrhythmia-recording, version 1" in pages[0]


def test_measures_stand_beside_their_definitions(pages: list[str]) -> None:
    assert "1 of 2 s and more; 1 of 2.5 s and more; 0 of 3 s and more" in pages[0]
    assert "1 isolated, 1 couplet, 1 short run, 0 long runs" in pages[0]
    assert "above 100/min of 8 intervals, for at least 30 s" in pages[0]
    assert "short: 3 to 5 beats; long: 6 and more" in pages[0]


def test_what_was_not_read_or_measured_is_said(pages: list[str]) -> None:
    assert "Lead V1 is flat in 7% of its seconds. (RECORDING_LEAD_FLAT)" in pages[0]
    assert "ST is not measured: " in pages[0]


def test_strips_of_the_important_moments_follow(pages: list[str]) -> None:
    whole = " ".join(pages)
    for words in (
        "Usual rhythm",
        "Longest pause, 2.70 s",
        "Longest ventricular run, 3 beats, 75/min",
        "First ventricular couplet",
        "First isolated ventricular beat",
        "Fastest rate, 75/min",
        "Least certain beat (NORMAL, probability 0.50)",
        "25 mm/s, 10 mm/mV",
    ):
        assert words in whole


def test_a_day_is_a_few_pages_and_a_few_hundred_kilobytes() -> None:
    beats = with_ventricular(regular(86_400), *range(100, 100_000, 500), 333, 334, 335)
    analysis = analysis_of(beats, 86_400, uncertain=[5_000])
    signal = Repeated(recording_of(regular(600), 600).read(), 86_400 * 360)
    repeated = Recording(("II", "V1"), 360, signal, start=datetime(2020, 1, 1, 8))
    pdf = report(analysis, repeated, "day.edf")
    pages = texts(pdf)
    assert 3 <= len(pages) <= 6
    assert len(pdf) < 400_000
    assert "23:00:00 (2020-01-02 07:00:00)" in " ".join(pages)


def test_two_weeks_have_a_row_for_each_day() -> None:
    beats = regular(14 * 86_400, every=40.0)
    rows = report_tables.hour_rows(analysis_of(beats, 14 * 86_400), None)
    assert len(rows) == 14
    assert sum(int(row[1].replace(",", "")) for row in rows) == len(beats)


@pytest.mark.parametrize(
    "leads", [("II",), ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")]
)
@pytest.mark.parametrize("seconds", [2.0, 10.0])
def test_short_recordings_have_a_report_too(leads: tuple[str, ...], seconds: float) -> None:
    beats = regular(seconds)
    assert texts(report(analysis_of(beats, seconds, leads=leads), recording_of(beats, seconds, leads=leads), "a"))


def test_a_recording_without_beats_or_signal_has_a_report() -> None:
    nothing = Recording.of_array(np.full((2, 3_600), np.nan), leads=("II", "V1"), rate=360)
    faults = np.full((2, 10), 1, np.uint8)
    assert "missing 0:00:10" in texts(report(analysis_of([], 10, faults=faults), nothing, "nothing.csv"))[0]


def test_moments_lie_in_the_recording_and_those_that_lie_together_are_one() -> None:
    beats = with_ventricular(regular(60), 20, 21, 22)
    chosen = moments(analysis_of(beats, 60))
    assert all(0 <= moment.begin <= 60 - STRIP_SECONDS for moment in chosen)
    assert any(len(moment.titles) > 1 for moment in chosen)
    begins = sorted(moment.begin for moment in chosen)
    assert all(later - earlier >= 2 for earlier, later in itertools.pairwise(begins))


def test_a_strip_too_high_for_paper_is_drawn_smaller_and_its_lead_keeps_its_baseline() -> None:
    signal = np.zeros(3_600, np.float32) + 4
    signal[100] = 6
    assert scale_of(signal) == (10, 20, 10, 4)
    signal[100] = 9
    assert scale_of(signal) == (5, 25, 10, 4)


def test_no_spike_of_dense_samples_is_lost() -> None:
    signal = np.zeros(14_000, np.float32)
    signal[7_001], signal[9_003] = 1, -1
    times, values = points(signal, 2_000)
    assert len(values) < 0.6 * len(signal)
    assert (values.max(), values.min()) == (1, -1)
    assert times[values.argmax()] == pytest.approx(7_001 / 2_000)
    assert (np.diff(times) >= 0).all()


def test_names_that_the_font_lacks_are_written_out() -> None:
    assert printable("心電図\n.edf") == "\\u5fc3\\u96fb\\u56f3\\n.edf"


def said_of(seconds: float) -> tuple[dict[str, str], list[str], dict[str, Any]]:
    """Measures, what was not measured, and the document of a recording with three ventricular beats in a row."""
    analysis = analysis_of(with_ventricular(regular(seconds, every=0.5), 3, 4, 5), seconds)
    rows = {name: value for name, value, _meant in report_tables.MeasureRows(analysis) if name}
    return rows, list(report_tables.unread_lines(analysis)), summary(analysis, "a")["measures"]


def test_ten_seconds_say_what_they_cannot_say() -> None:
    rows, lines, document = said_of(10)
    assert rows["Ventricular beats"].endswith("; too short for beats an hour")
    assert rows["Ventricular tachycardia"] == "1; too short to say whether sustained"
    for measure in ("Tachycardia", "Bradycardia", "Atrial fibrillation", "Heart rate variability"):
        assert rows[measure] == "too short to say"
    (line,) = (line for line in lines if line.startswith("10 seconds can't say what a day can"))
    assert "beats an hour (900 s), heart rate variability (300 s)" in line
    assert document["too_short"] == [measure.value for measure in Untold]
    assert document["ventricular"]["each_hour"] is document["variability"]["sdnn"] is None
    assert document["atrial_fibrillation"]["burden"] is None
    assert not re.search(r"\d an hour", texts(report_of(10))[0])


def test_an_hour_says_everything() -> None:
    rows, lines, document = said_of(3600)
    assert "; 3.0 an hour" in rows["Ventricular beats"]
    assert "SDNN" in rows["Heart rate variability"]
    assert rows["Atrial fibrillation"] == "none"
    assert not any("can't say" in line for line in lines)
    assert document["too_short"] == []


def test_hours_are_listed_of_recordings_that_have_some() -> None:
    for seconds, heading in ((600, False), (3600, True)):
        assert any("greatest /min" in page for page in texts(report_of(seconds))) is heading


def report_of(seconds: float) -> bytes:
    beats = regular(seconds)
    return report(analysis_of(beats, seconds), recording_of(beats, seconds), "a")
