"""Reports of recordings and files of what is said about them, with what people corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from ecg import store
from ecg.recording import Recording
from inference_server.classification import DISCLAIMER
from inference_server.classification.recordings import RecordingAnalysis as Answer
from inference_server.exports import report, report_facts, report_tables
from inference_server.exports.annotations import annotation_file
from inference_server.exports.beat_table import beat_table
from inference_server.exports.corrections import CorrectionLine, Corrections
from inference_server.exports.document import document_file
from inference_server.exports.edf_annotations import edf_annotation_file
from inference_server.exports.moments import STRIP_SECONDS, moments
from inference_server.exports.report_pictures import picture_lines
from inference_server.exports.report_tables import Row
from inference_server.exports.wording import BY_LANGUAGE, ENGLISH, Wording

from webportal.accounts.models import User
from webportal.recordings import corrections, edit_words, reasons, strip_drawings
from webportal.recordings.digitizing.answers import KIND
from webportal.recordings.digitizing.stored import StoredPage
from webportal.recordings.editing.edits import in_force, undone
from webportal.recordings.models import RecordingAnalysis
from webportal.recordings.strip_drawings import StripDrawing

FILES: Final = {
    "beats.atr": "application/octet-stream",
    "beats.csv": "text/csv; charset=utf-8",
    "analysis.json": "application/json",
    "annotations.edf": "application/octet-stream",
}
"""What may be taken along, by its name, and its media type."""


@dataclass(frozen=True, slots=True)
class ShownStrip:
    """A strip on the page, and the words above it."""

    caption: str
    seconds: float
    """When it begins."""
    drawing: StripDrawing


class Report:
    """One answer as it is now, to be printed, shown or written to a file, in the reader's language.

    Raises:
        BeatsFileDamaged, FileNotFoundError: the answer's file is.
        ecg.recording_errors.RecordingError: the recording's samples are.
    """

    def __init__(self, analysis: RecordingAnalysis, reader: User) -> None:
        self._analysis, self._reader = analysis, reader
        corrected = corrections.corrected_answer(analysis)
        warnings = tuple(replace(one, message=reasons.warning(asdict(one))) for one in corrected.analysis.warnings)
        self.answer: Answer = replace(corrected.analysis, warnings=warnings)
        """With corrections, and its warnings in the reader's language."""
        self._corrected = corrected
        self._edits = corrections.edits_of(analysis)
        self.words: Wording = BY_LANGUAGE.get(get_language() or "", ENGLISH)
        self.recording: Recording = store.open_store(analysis.recording.store).recording

    @property
    def name(self) -> str:
        """What the recording is called."""
        return self._analysis.recording.title

    def corrections(self) -> Corrections | None:
        """What people changed; None where nothing of it stands."""
        if not in_force(self._edits):
            return None
        said = corrections.edited(self._analysis).answer
        return Corrections(said, self._corrected.places, self._corrected.judged, tuple(self._lines()))

    def pdf(self) -> bytes:
        """On paper."""
        return report.report(
            self.answer,
            self.recording,
            self.name,
            words=self.words,
            corrections=self.corrections(),
            picture=self.picture(),
        )

    def file(self, name: str) -> bytes:
        """One of :data:`FILES`; what programs read is in English.

        Raises:
            KeyError: there is no such file.
        """
        answer = self._corrected.analysis
        with override("en"):
            start, changes = self.recording.start, self.corrections()
            makers = {
                "beats.atr": lambda: annotation_file(answer, changes),
                "beats.csv": lambda: beat_table(answer, changes),
                "analysis.json": lambda: document_file(answer, self.name, start, changes),
                "annotations.edf": lambda: edf_annotation_file(answer, start),
            }
            return makers[name]()

    def facts(self) -> list[Row]:
        """What was recorded, how certain the model is, quality."""
        return [*report_facts.fact_rows(self.answer, self.recording, self.words, self.corrections())]

    def picture(self) -> list[str]:
        """What is to be known of a recording that was read from a picture; nothing of others."""
        if self._analysis.recording.kind != KIND:
            return []
        page = StoredPage(self._analysis.recording)
        calibration = page.found().reading.calibration if page.has_answer else None
        return [*picture_lines(calibration, self.words)]

    def measures(self) -> list[Row]:
        """Measure, value, definition."""
        return [*report_tables.MeasureRows(self.answer, self.words)]

    def changed(self) -> tuple[str, list[Row]] | None:
        """How much people judged, a sentence, and the measures that are otherwise by now."""
        changes = self.corrections()
        if changes is None:
            return None
        rows = report_facts.other_rows(self.answer, self.words, changes)
        return report_facts.correction_summary(self.answer, self.words, changes), rows

    def unread(self) -> list[str]:
        """What was not read or not measured."""
        return [*report_tables.unread_lines(self.answer, self.words)]

    def hours(self) -> tuple[Row, list[Row]]:
        """Heads and rows of the hourly table."""
        rows = report_tables.hour_rows(self.answer, self.recording.start, self.words)
        return report_tables.hour_heads(self.words), rows

    def disclaimer(self) -> str:
        """That it is for research and education only."""
        return self.words(DISCLAIMER)

    def strips(self) -> Iterator[ShownStrip]:
        """The important moments, drawn."""
        answer = self.answer
        for chosen in moments(answer, self.words):
            end = chosen.begin + STRIP_SECONDS
            lead = report.best_lead(answer, chosen.begin, end)
            stretch = report.stretch_of(answer, self.recording, lead, chosen.begin, end, with_beats=True)
            when = report_tables.moment(chosen.begin, self.recording.start)
            caption = self.words(
                "{what}. From {when}, lead {lead}", what="; ".join(chosen.titles), when=when, lead=stretch.lead
            )
            drawn = strip_drawings.strip(stretch)
            yield ShownStrip(f"{caption}, {self.words.short(drawn.gain)} mm/mV", round(chosen.begin, 3), drawn)

    def _lines(self) -> Iterator[CorrectionLine]:
        gone = undone(self._edits)
        for edit in self._edits:
            yield CorrectionLine(
                number=edit.number,
                text=edit_words.said_of(edit, self.answer.model.classes),
                by=self._by(edit.by),
                at=timezone.localtime(edit.at) if edit.at else None,
                is_undone=edit.number in gone,
            )

    def _by(self, account: int | None) -> str:
        """Who it was; owners and reviewers don't learn each other's names."""
        if account is None:
            return _("a deleted account")
        return _("the owner") if account == self._analysis.owner_id else _("a reviewer")
