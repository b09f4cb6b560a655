"""The report of a recording: some pages of A4 for people, in English, everything on them drawn as lines and letters."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ecg.families.family import Family
from ecg.faults import UNREADABLE
from ecg.recording import Recording
from inference_server.classification import DISCLAIMER
from inference_server.classification.recordings import RecordingAnalysis
from inference_server.exports import report_tables
from inference_server.exports.families import kind_of_family
from inference_server.exports.moments import STRIP_SECONDS, Moment, moments
from inference_server.exports.paper import COARSE, INK, MM_PER_MILLIVOLT, SOFT, Stretch, Strip, printable
from inference_server.exports.symbols import symbols_of

_MARGIN: Final = 11 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
#: Families whose typical beat is drawn, in rows of so many.
_DRAWN_FAMILIES: Final = 12
_IN_A_ROW: Final = 6
#: What is drawn of a typical beat, seconds before and after its R peak.
_BEFORE, _AFTER = 0.4, 0.6


def report(analysis: RecordingAnalysis, recording: Recording, file: str) -> bytes:
    """The report as a PDF.

    Args:
        analysis: What is said.
        recording: What it is said of; only the stretches that are drawn are read.
        file: What the file is called.
    """
    story: list[Flowable] = [
        _text("Report of an ECG recording", "title"),
        _text(file, "file"),
        _text(DISCLAIMER, "strong"),
        *_facts(analysis, recording),
        *_measures(analysis),
        _text("Not read, not measured", "heading"),
        *(_text(line) for line in report_tables.unread_lines(analysis)),
        *_hours(analysis, recording.start),
        *_families(analysis, recording),
        *_strips(analysis, recording),
    ]
    return _pdf(f"ECG report: {printable(file)}", story, f"{analysis.model.name}, version {analysis.model.version}")


def _facts(analysis: RecordingAnalysis, recording: Recording) -> list[Flowable]:
    counted = ~analysis.beats.fibrillates
    beats = int(counted.sum())
    confident = int((analysis.beats.confident & counted).sum())
    certainty = f"{confident:,} of {beats:,} beats ({confident / beats:.1%})" if beats else report_tables.UNKNOWN
    kinds = ", ".join(
        f"{kind.name} ({kind.short}) {analysis.counts()[kind.short]:,}"
        for kind in analysis.model.classes
        if analysis.counts()[kind.short]
    )
    start = f"from {recording.start:%Y-%m-%d %H:%M:%S}" if recording.start else "(when is not known)"
    rows = [
        ("Recorded", f"{report_tables.clock(analysis.seconds)} {start}, {analysis.rate:g} samples a second"),
        ("Leads", ", ".join(analysis.leads)),
        ("Beats", f"{beats:,}: {kinds}" if kinds else f"{beats:,}"),
        ("Certain of", f"{certainty}; the model's own statement, not checked by anybody"),
    ]
    quality = [(f"Lead {lead}", f"{share}; {wrong}") for lead, share, wrong in report_tables.quality_rows(analysis)]
    return [_table([*rows, *quality], (0.16, 0.84))]


def _measures(analysis: RecordingAnalysis) -> list[Flowable]:
    rows = [("", "", "what is meant; counted where a lead can be read"), *report_tables.measure_rows(analysis)]
    return [_text("Measures", "heading"), _table(rows, (0.17, 0.43, 0.40), soft_last=True)]


def _hours(analysis: RecordingAnalysis, start: datetime | None) -> list[Flowable]:
    rows = [report_tables.hour_heads(), *report_tables.hour_rows(analysis, start)]
    widths = (0.26, 0.09, 0.10, 0.10, 0.12, 0.11, 0.14, 0.08)
    heading = _text("Heart rate and extra beats", "heading")
    return [KeepTogether([heading, _table(rows, widths, is_headed=True)])]


def _families(analysis: RecordingAnalysis, recording: Recording) -> list[Flowable]:
    if not analysis.families:
        return []
    lead = best_lead(analysis, 0.0, analysis.seconds)
    cells: list[list[Any] | str] = []
    drawn = analysis.families[:_DRAWN_FAMILIES]
    for number, family in enumerate(drawn, start=1):
        time = _typical_time(analysis, family)
        stretch = _stretch(analysis, recording, lead, time - _BEFORE, time + _AFTER, with_beats=False)
        strip = Strip(stretch, is_marked=False)
        size = "" if strip.gain == MM_PER_MILLIVOLT else f", {strip.gain:g} mm/mV"
        early = ", early" if family.early else ""
        share = len(family.members) / max(1, len(analysis.beats))
        words = f"{number}: {kind_of_family(analysis, family)}{early}<br/>{len(family.members):,} ({share:.1%}){size}"
        cells.append([strip, Paragraph(words, _styles()["cell"])])
    rows = [cells[first : first + _IN_A_ROW] for first in range(0, len(cells), _IN_A_ROW)]
    rows[-1] += [""] * (_IN_A_ROW - len(rows[-1]))
    table = Table(rows, colWidths=[_WIDTH / _IN_A_ROW] * _IN_A_ROW, hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    others = analysis.families[_DRAWN_FAMILIES:]
    rest = sum(len(family.members) for family in others)
    more = f" {len(others)} more with {rest:,} beats are not drawn." if others else ""
    note = (
        f"Beats that look and come alike; the most typical one of each in lead {analysis.leads[lead]}, 25 mm/s,"
        f" {MM_PER_MILLIVOLT:g} mm/mV. The class is that of most of its beats.{more}"
    )
    return [KeepTogether([_text("Families of beats", "heading"), _text(note, "soft"), table])]


def _typical_time(analysis: RecordingAnalysis, family: Family) -> float:
    """Seconds of the most typical beat that lies whole in the recording; of the most typical one where none does."""
    times = analysis.beats.samples[family.members[::-1]] / analysis.rate
    whole = times[(times >= _BEFORE) & (times <= analysis.seconds - _AFTER)]
    return float(whole[0] if len(whole) else analysis.beats.samples[family.typical] / analysis.rate)


def _strips(analysis: RecordingAnalysis, recording: Recording) -> Iterator[Flowable]:
    note = (
        f"25 mm/s, {MM_PER_MILLIVOLT:g} mm/mV where nothing else is said; the mark is 1 mV and 0.2 s. Above each beat"
        " its class (N normal, L and R bundle branch block, A atrial and V ventricular extra beat, / paced, ! flutter"
        " wave), between beats the interval in milliseconds. Grey: not recorded."
    )
    introduction: list[Flowable] = [_text("Strips", "heading"), _text(note, "soft")]
    for chosen in moments(analysis):
        strip = _strip(analysis, recording, chosen)
        yield KeepTogether([*introduction, *strip, Spacer(0, 3 * mm)])
        introduction = []


def _strip(analysis: RecordingAnalysis, recording: Recording, chosen: Moment) -> list[Flowable]:
    lead = best_lead(analysis, chosen.begin, chosen.begin + STRIP_SECONDS)
    stretch = _stretch(analysis, recording, lead, chosen.begin, chosen.begin + STRIP_SECONDS, with_beats=True)
    strip = Strip(stretch)
    size = "" if strip.gain == MM_PER_MILLIVOLT else f", {strip.gain:g} mm/mV"
    where = report_tables.moment(chosen.begin, recording.start)
    return [_text(f"{'; '.join(chosen.titles)}. From {where}, lead {analysis.leads[lead]}{size}", "caption"), strip]


def best_lead(analysis: RecordingAnalysis, begin: float, end: float) -> int:
    """Place of the lead with the most readable seconds of a stretch; of equals the first."""
    faults = analysis.faults[:, int(begin) : int(np.ceil(end))]
    return int(np.argmax(((faults & int(UNREADABLE)) == 0).sum(axis=1)))


def _stretch(
    analysis: RecordingAnalysis, recording: Recording, lead: int, begin: float, end: float, *, with_beats: bool
) -> Stretch:
    first, last = round(begin * recording.rate), round(end * recording.rate)
    values = np.full(last - first, np.nan, np.float32)
    inside = recording.read(max(0, first), min(last, recording.samples))[lead]
    values[max(0, -first) : max(0, -first) + len(inside)] = inside
    if not with_beats:
        return Stretch(recording.leads[lead], values, recording.rate)
    samples = analysis.beats.samples
    low, high = np.searchsorted(samples, (first, last))
    marked = zip(samples[low:high].tolist(), symbols_of(analysis, low, high).tolist(), strict=True)
    beats = tuple(((sample - first) / recording.rate, symbol) for sample, symbol in marked)
    return Stretch(recording.leads[lead], values, recording.rate, beats)


def _table(
    rows: Sequence[Sequence[str]], widths: Sequence[float], *, is_headed: bool = False, soft_last: bool = False
) -> Table:
    cells = []
    for place, row in enumerate(rows):
        styles = ["head" if is_headed and not place else "cell"] * len(row)
        if soft_last:
            styles[-1] = "softcell"
        cells.append([_text(text, style) for text, style in zip(row, styles, strict=True)])
    table = Table(cells, colWidths=[width * _WIDTH for width in widths], repeatRows=int(is_headed), hAlign="LEFT")
    look: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, COARSE),
    ]
    table.setStyle(TableStyle(look))
    return table


def _text(text: str, style: str = "body") -> Paragraph:
    return Paragraph(escape(printable(text)), _styles()[style])


@cache
def _styles() -> dict[str, ParagraphStyle]:
    plain, bold = "Helvetica", "Helvetica-Bold"
    body = ParagraphStyle("body", fontName=plain, fontSize=8.5, leading=11, textColor=INK, spaceAfter=1)
    cell = ParagraphStyle("cell", body, fontSize=8, leading=9.8, spaceAfter=0)
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=bold, fontSize=15, leading=19),
        "file": ParagraphStyle("file", body, fontName=bold, fontSize=10.5, leading=14),
        "heading": ParagraphStyle("heading", body, fontName=bold, fontSize=10.5, leading=14, spaceBefore=7),
        "strong": ParagraphStyle("strong", body, fontName=bold, spaceAfter=3),
        "caption": ParagraphStyle("caption", body, fontName=bold, fontSize=8, spaceAfter=1),
        "soft": ParagraphStyle("soft", body, textColor=SOFT, fontSize=7.5, leading=9.5, spaceAfter=3),
        "cell": cell,
        "softcell": ParagraphStyle("softcell", cell, textColor=SOFT, fontSize=7.5),
        "head": ParagraphStyle("head", cell, fontName=bold),
    }


def _pdf(title: str, story: Sequence[Flowable], model: str) -> bytes:
    def foot(canvas: Any, page: Any) -> None:
        canvas.setFillColor(INK)
        canvas.setFont("Helvetica-Bold", 7.5)
        canvas.drawString(_MARGIN, 8 * mm, DISCLAIMER)
        canvas.setFont("Helvetica", 7.5)
        canvas.drawRightString(A4[0] - _MARGIN, 8 * mm, f"Beatlens, {printable(model)} · page {page.page}")

    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=title,
        author="Beatlens",
        lang="en",
        leftMargin=_MARGIN - 6,  # a frame pads by six points
        rightMargin=_MARGIN - 6,
        topMargin=8 * mm,
        bottomMargin=13 * mm,
        invariant=1,
    )
    document.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()
