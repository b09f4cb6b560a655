"""The report of a recording: some pages of A4 for people, everything on them drawn as lines and letters."""

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
from inference_server.exports.corrections import CorrectionLine, Corrections
from inference_server.exports.families import kind_of_family
from inference_server.exports.moments import STRIP_SECONDS, Moment, moments
from inference_server.exports.paper import COARSE, INK, MM_PER_MILLIVOLT, SOFT, Stretch, Strip, printable
from inference_server.exports.report_facts import correction_summary, fact_rows, other_rows
from inference_server.exports.symbols import symbols_of
from inference_server.exports.wording import ENGLISH, Wording

_MARGIN: Final = 11 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
#: Families whose typical beat is drawn, in rows of so many.
_DRAWN_FAMILIES: Final = 12
_IN_A_ROW: Final = 6
#: What is drawn of a typical beat, seconds before and after its R peak.
_BEFORE, _AFTER = 0.4, 0.6


def report(
    analysis: RecordingAnalysis,
    recording: Recording,
    file: str,
    *,
    words: Wording = ENGLISH,
    corrections: Corrections | None = None,
    picture: Sequence[str] = (),
) -> bytes:
    """The report as a PDF.

    Args:
        analysis: What is said, with corrections where there are any.
        recording: What it is said of; only the stretches that are drawn are read.
        file: What the file is called.
        words: Its language.
        corrections: What people changed in the model's answer.
        picture: What is said of the picture that the recording was read from
            (:func:`~inference_server.exports.report_pictures.picture_lines`); nothing where there was none.
    """
    story: list[Flowable] = [
        _text(words("Report of an ECG recording"), "title"),
        _text(file, "file"),
        _text(words(DISCLAIMER), "strong"),
        *_facts(analysis, recording, words, corrections),
        *([_text(words("Read from a picture"), "heading")] if picture else []),
        *(_text(line) for line in picture),
        *_measures(analysis, words),
        *([] if corrections is None else _corrections(analysis, words, corrections)),
        _text(words("Not read, not measured"), "heading"),
        *(_text(line) for line in report_tables.unread_lines(analysis, words)),
        *_hours(analysis, recording.start, words),
        *_families(analysis, recording, words),
        *_strips(analysis, recording, words),
    ]
    title = words("ECG report: {file}", file=printable(file))
    model = words("{model}, version {version}", model=analysis.model.name, version=analysis.model.version)
    return _pdf(title, story, model, words)


def _facts(
    analysis: RecordingAnalysis, recording: Recording, words: Wording, corrections: Corrections | None
) -> list[Flowable]:
    return [_table([*fact_rows(analysis, recording, words, corrections)], (0.16, 0.84))]


def _measures(analysis: RecordingAnalysis, words: Wording) -> list[Flowable]:
    head = ("", "", words("what is meant; counted where a lead can be read"))
    rows = [head, *report_tables.MeasureRows(analysis, words)]
    return [_text(words("Measures"), "heading"), _table(rows, (0.17, 0.43, 0.40), soft_last=True)]


def _corrections(analysis: RecordingAnalysis, words: Wording, corrections: Corrections) -> list[Flowable]:
    """What people changed, and what the model alone says of all that is otherwise by now."""
    other = other_rows(analysis, words, corrections)
    heads = ("", words("the model alone"), words("with corrections"))
    table = [_table([heads, *other], (0.17, 0.415, 0.415), is_headed=True)] if other else []
    lines = [(str(line.number), _line(line, words), line.by, _at(line)) for line in corrections.lines]
    return [
        _text(words("Corrections"), "heading"),
        _text(correction_summary(analysis, words, corrections)),
        *table,
        Spacer(0, 2 * mm),
        _table(lines, (0.05, 0.60, 0.15, 0.20)),
    ]


def _line(line: CorrectionLine, words: Wording) -> str:
    return words("{text} (taken back)", text=line.text) if line.is_undone else line.text


def _at(line: CorrectionLine) -> str:
    return f"{line.at:%Y-%m-%d %H:%M}" if line.at else ""


def _hours(analysis: RecordingAnalysis, start: datetime | None, words: Wording) -> list[Flowable]:
    hours = report_tables.hour_rows(analysis, start, words)
    if not hours:
        return []
    rows = [report_tables.hour_heads(words), *hours]
    widths = (0.26, 0.09, 0.10, 0.10, 0.12, 0.11, 0.14, 0.08)
    heading = _text(words("Heart rate and extra beats"), "heading")
    return [KeepTogether([heading, _table(rows, widths, is_headed=True)])]


def _families(analysis: RecordingAnalysis, recording: Recording, words: Wording) -> list[Flowable]:
    if not analysis.families:
        return []
    lead = best_lead(analysis, 0.0, analysis.seconds)
    cells: list[list[Any] | str] = []
    drawn = analysis.families[:_DRAWN_FAMILIES]
    for number, family in enumerate(drawn, start=1):
        time = _typical_time(analysis, family)
        stretch = stretch_of(analysis, recording, lead, time - _BEFORE, time + _AFTER, with_beats=False)
        strip = Strip(stretch, is_marked=False)
        size = "" if strip.gain == MM_PER_MILLIVOLT else f", {words.short(strip.gain)} mm/mV"
        early = words(", early") if family.early else ""
        share = words.percent(len(family.members) / max(1, len(analysis.beats)))
        beats = words.number(len(family.members))
        text = f"{number}: {kind_of_family(analysis, family)}{early}<br/>{beats} ({share}){size}"
        cells.append([strip, Paragraph(text, _styles()["cell"])])
    rows = [cells[first : first + _IN_A_ROW] for first in range(0, len(cells), _IN_A_ROW)]
    rows[-1] += [""] * (_IN_A_ROW - len(rows[-1]))
    table = Table(rows, colWidths=[_WIDTH / _IN_A_ROW] * _IN_A_ROW, hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    note = words(
        "Beats that look and come alike; the most typical one of each in lead {lead}, 25 mm/s, {gain} mm/mV. The class"
        " is that of most of its beats.",
        lead=analysis.leads[lead],
        gain=words.short(MM_PER_MILLIVOLT),
    )
    return [
        KeepTogether(
            [_text(words("Families of beats"), "heading"), _text(note + _others(analysis, words), "soft"), table]
        )
    ]


def _others(analysis: RecordingAnalysis, words: Wording) -> str:
    """What is said of the families that are not drawn."""
    others = analysis.families[_DRAWN_FAMILIES:]
    if not others:
        return ""
    beats = words.number(sum(len(family.members) for family in others))
    return words(" {count} more with {beats} beats are not drawn.", count=len(others), beats=beats)


def _typical_time(analysis: RecordingAnalysis, family: Family) -> float:
    """Seconds of the most typical beat that lies whole in the recording; of the most typical one where none does."""
    times = analysis.beats.samples[family.members[::-1]] / analysis.rate
    whole = times[(times >= _BEFORE) & (times <= analysis.seconds - _AFTER)]
    return float(whole[0] if len(whole) else analysis.beats.samples[family.typical] / analysis.rate)


def _strips(analysis: RecordingAnalysis, recording: Recording, words: Wording) -> Iterator[Flowable]:
    note = words(
        "25 mm/s, {gain} mm/mV where nothing else is said; the mark is 1 mV and 0.2 s. Above each beat its class (N"
        " normal, L and R bundle branch block, A atrial and V ventricular extra beat, / paced, ! flutter wave), between"
        " beats the interval in milliseconds. Grey: not recorded.",
        gain=words.short(MM_PER_MILLIVOLT),
    )
    introduction: list[Flowable] = [_text(words("Strips"), "heading"), _text(note, "soft")]
    for chosen in moments(analysis, words):
        strip = _strip(analysis, recording, chosen, words)
        yield KeepTogether([*introduction, *strip, Spacer(0, 3 * mm)])
        introduction = []


def _strip(analysis: RecordingAnalysis, recording: Recording, chosen: Moment, words: Wording) -> list[Flowable]:
    lead = best_lead(analysis, chosen.begin, chosen.begin + STRIP_SECONDS)
    stretch = stretch_of(analysis, recording, lead, chosen.begin, chosen.begin + STRIP_SECONDS, with_beats=True)
    strip = Strip(stretch)
    size = "" if strip.gain == MM_PER_MILLIVOLT else f", {words.short(strip.gain)} mm/mV"
    caption = words(
        "{what}. From {when}, lead {lead}",
        what="; ".join(chosen.titles),
        when=report_tables.moment(chosen.begin, recording.start),
        lead=analysis.leads[lead],
    )
    return [_text(caption + size, "caption"), strip]


def best_lead(analysis: RecordingAnalysis, begin: float, end: float) -> int:
    """Place of the lead with the most readable seconds of a stretch; of equals the first."""
    faults = analysis.faults[:, int(begin) : int(np.ceil(end))]
    return int(np.argmax(((faults & int(UNREADABLE)) == 0).sum(axis=1)))


def stretch_of(
    analysis: RecordingAnalysis, recording: Recording, lead: int, begin: float, end: float, *, with_beats: bool
) -> Stretch:
    """What is drawn of a lead from ``begin`` to before ``end``, seconds; nan beyond the recording's begin and end."""
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


def _pdf(title: str, story: Sequence[Flowable], model: str, words: Wording) -> bytes:
    def foot(canvas: Any, page: Any) -> None:
        canvas.setFillColor(INK)
        canvas.setFont("Helvetica-Bold", 7.5)
        canvas.drawString(_MARGIN, 8 * mm, words(DISCLAIMER))
        canvas.setFont("Helvetica", 7.5)
        place = words("Beatlens, {model} · page {page}", model=printable(model), page=page.page)
        canvas.drawRightString(A4[0] - _MARGIN, 8 * mm, place)

    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=title,
        author="Beatlens",
        lang=words.language,
        leftMargin=_MARGIN - 6,  # a frame pads by six points
        rightMargin=_MARGIN - 6,
        topMargin=8 * mm,
        bottomMargin=13 * mm,
        invariant=1,
    )
    document.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()
