"""The report as a page and on paper, and files with corrections."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import edfio
import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecg.formats import wfdb_annotations
from ecg.pictures.pages.corrections import NOTHING
from ecg.pictures.pages.result import Basis
from inference_server.classification.page_messages import Digitized
from tests.inference_server.exports.made import analysis_of, recording_of, regular, with_ventricular
from tests.webportal.page_checks import check_page
from tests.webportal.recordings.folders import beats_path
from webportal.accounts.models import User
from webportal.audit.models import Entry
from webportal.recordings import beats_file, services
from webportal.recordings.digitizing.answers import KIND
from webportal.recordings.digitizing.stored import StoredPage
from webportal.recordings.editing.edits import EditKind
from webportal.recordings.models import Recording, RecordingAnalysis

pytestmark = pytest.mark.django_db

BEATS = with_ventricular(regular(120), 10, 20, 21, 22, 30, 40, 41)


@pytest.fixture
def analysis(
    keep_recording: Callable[..., Recording], keep_answer: Callable[..., RecordingAnalysis]
) -> RecordingAnalysis:
    return keep_answer(keep_recording(recording_of(BEATS, 120), name="Tuesday"), analysis_of(BEATS, 120))


@pytest.fixture
def corrected(owner: User, analysis: RecordingAnalysis) -> RecordingAnalysis:
    """One of the ventricular beats is normal, another one is none."""
    for beat, short in ((10, "NORMAL"), (30, "NOT_A_BEAT")):
        payload = {"beats": [beat], "class": short}
        services.edit(actor=owner, analysis=analysis, kind=EditKind.RECLASSIFY, payload=payload)
    return analysis


def address(analysis: RecordingAnalysis, name: str, *more: str) -> str:
    return reverse(f"recordings:{name}", args=[analysis.recording_id, *more])


def file(client: Client, analysis: RecordingAnalysis, name: str) -> bytes:
    response = client.get(address(analysis, "export", name))
    assert response.status_code == 200
    assert f"{name}" in response["Content-Disposition"]
    return bytes(response.content)


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)


def test_the_page_has_measures_quality_strips_and_what_it_is_not(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    html = check_page(owner_client.get(address(analysis, "report")))
    assert "For research and education only. Not a medical device, not for diagnosis." in html
    for words in (
        "Report: Tuesday",
        "Ventricular beats",
        "too short for beats an hour",
        "120 seconds can&#x27;t say what a day can",
        "ST is not measured",
        "readable",
    ):
        assert words in html
    assert "Longest ventricular run, 3 beats" in html
    assert html.count('class="strip"') >= 3
    assert '<h2 id="changed">' not in html


def test_of_an_hour_the_page_has_a_table_of_hours(
    owner_client: Client,
    analysis: RecordingAnalysis,
    keep_recording: Callable[..., Recording],
    keep_answer: Callable[..., RecordingAnalysis],
) -> None:
    beats = regular(3600)
    of_hour = keep_answer(keep_recording(recording_of(beats, 3600)), analysis_of(beats, 3600))
    assert "Heart rate and extra beats" not in check_page(owner_client.get(address(analysis, "report")))
    html = check_page(owner_client.get(address(of_hour, "report")))
    assert "Heart rate and extra beats" in html
    assert "can&#x27;t say what a day can" not in html


def test_the_page_tells_corrections_beside_what_the_model_said(
    owner_client: Client, corrected: RecordingAnalysis
) -> None:
    html = check_page(owner_client.get(address(corrected, "report")))
    assert "2 beats were given their class by a person, 1 of them another one than by the model; 1 were called" in html
    assert "1 beat was called Normal." in html
    assert "1 beat was called No beat." in html
    assert "the model alone: </span>7; 4.70 %" in html
    assert "with corrections: </span>5; 3.38 %" in html
    services.edit(actor=corrected.owner, analysis=corrected, kind=EditKind.UNDO, payload={"edit": 1})
    services.edit(actor=corrected.owner, analysis=corrected, kind=EditKind.UNDO, payload={"edit": 2})
    assert '<h2 id="changed">' not in check_page(owner_client.get(address(corrected, "report")))


def test_the_report_on_paper_in_both_languages(owner_client: Client, corrected: RecordingAnalysis) -> None:
    text = text_of(owner_client.get(address(corrected, "report-pdf")).content)
    assert "2 beats were given their class by a person" in text
    assert "1 beat was called Normal." in text
    assert "the owner" in text
    owner_client.cookies["django_language"] = "de"
    german = text_of(owner_client.get(address(corrected, "report-pdf"), headers={"accept-language": "de"}).content)
    assert "Nur für Forschung und Lehre. Kein Medizinprodukt" in german
    assert "2 Schläge hat ein Mensch eingeordnet" in german
    assert "Längste ventrikuläre Salve" in german


def test_of_a_picture_the_report_tells_the_scale_and_what_so_few_seconds_cannot_say(
    owner_client: Client, analysis: RecordingAnalysis, strip_found: Digitized
) -> None:
    assert "Read from a picture" not in check_page(owner_client.get(address(analysis, "report")))
    Recording.objects.filter(pk=analysis.recording_id).update(kind=KIND)
    of_lost_page = check_page(owner_client.get(address(analysis, "report")))
    assert "Read from a picture" in of_lost_page
    assert "Scale:" not in of_lost_page
    calibration = strip_found.reading.calibration
    assert calibration is not None
    guessed = replace(strip_found.reading, calibration=replace(calibration, gain=Basis.ASSUMED))
    StoredPage(analysis.recording).store(replace(strip_found, reading=guessed), NOTHING)
    html = check_page(owner_client.get(address(analysis, "report")))
    text = text_of(owner_client.get(address(analysis, "report-pdf")).content)
    for words in (
        "Read from a picture",
        "25 mm/s (printed on the page), 10 mm/mV (assumed, as nothing on the picture tells it)",
        "the millimetre is measured on the grid",
    ):
        assert words in html
        assert words in text
    assert "120 seconds can't say what a day can" in text
    owner_client.cookies["django_language"] = "de"
    german = text_of(owner_client.get(address(analysis, "report-pdf"), headers={"accept-language": "de"}).content)
    assert "Von einem Bild gelesen" in german
    assert "10 mm/mV (angenommen, denn nichts auf dem Bild verrät es)" in german
    assert "120 Sekunden können nicht sagen, was ein Tag sagen kann" in german


def test_files_for_programs_hold_the_corrected_classes(owner_client: Client, corrected: RecordingAnalysis) -> None:
    marks = wfdb_annotations.parse(file(owner_client, corrected, "beats.atr"), 360)
    beats = [str(symbol) for symbol in marks.symbols if symbol in "NV"]
    assert (len(beats), beats[10], beats.count("V")) == (len(BEATS) - 1, "N", 5)
    artifacts = marks.samples[marks.symbols == "|"].tolist()
    assert artifacts == [beats_file.unpack(beats_path(corrected).read_bytes()).analysis.beats.samples[30]]
    rows = list(csv.DictReader(io.StringIO(file(owner_client, corrected, "beats.csv").decode())))
    assert len(rows) == len(BEATS) - 1
    assert {name: rows[10][name] for name in ("class", "verdict", "model_class", "judged")} == {
        "class": "NORMAL",
        "verdict": "JUDGED",
        "model_class": "PVC",
        "judged": "1",
    }
    document = json.loads(file(owner_client, corrected, "analysis.json"))
    assert (document["classes"]["PVC"], document["model_said"]["classes"]["PVC"]) == (5, 7)
    assert document["corrections"][0]["text"] == "1 beat was called Normal."
    edf = edfio.read_edf(file(owner_client, corrected, "annotations.edf"))
    texts = [annotation.text for annotation in edf.annotations]
    assert (texts.count("NORMAL"), texts.count("PVC")) == (rows_of(rows, "NORMAL"), 5)
    runs = [annotation for annotation in edf.annotations if annotation.text == "VENTRICULAR_RUN"]
    assert len(runs) == 1
    assert runs[0].duration


def rows_of(rows: list[dict[str, str]], short: str) -> int:
    return sum(row["class"] == short for row in rows)


def test_without_corrections_files_are_what_the_command_line_writes(
    owner_client: Client, analysis: RecordingAnalysis
) -> None:
    header = file(owner_client, analysis, "beats.csv").decode().splitlines()[0]
    assert header.endswith("interval_s,wave")
    assert "corrections" not in json.loads(file(owner_client, analysis, "analysis.json"))
    assert owner_client.get(address(analysis, "export", "everything.zip")).status_code == 404


def test_what_a_reviewer_takes_along_is_written_down(
    reviewer_client: Client, other_client: Client, reviewer: User, analysis: RecordingAnalysis
) -> None:
    Recording.objects.update(shared_at=timezone.now())
    assert reviewer_client.get(address(analysis, "report-pdf")).status_code == 200
    assert Entry.objects.filter(actor=reviewer, action=Entry.Action.DOWNLOAD).count() == 1
    assert other_client.get(address(analysis, "report-pdf")).status_code == 404
    assert other_client.get(address(analysis, "report")).status_code == 404


def test_onsets_and_begin_of_edf_annotations_follow_the_recorders_clock(
    owner_client: Client, keep_recording: Callable[..., Recording], keep_answer: Callable[..., RecordingAnalysis]
) -> None:
    recording = recording_of(BEATS, 120)
    begun = replace(recording, start=datetime(2026, 5, 4, 3, 2, 1, 250_000))
    kept = keep_answer(keep_recording(begun), analysis_of(BEATS, 120))
    edf = edfio.read_edf(file(owner_client, kept, "annotations.edf"))
    assert (str(edf.startdate), str(edf.starttime)[:8]) == ("2026-05-04", "03:02:01")
    assert edf.annotations[0].onset == pytest.approx(0.5 + 0.25)
