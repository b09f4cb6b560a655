"""Analyses on paper: one with everything said about it, or many as a list. A4, in the reader's language."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext, ngettext
from PIL import Image as PillowImage
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, SimpleDocTemplate, Spacer, Table, TableStyle

from webportal.analyses import answers, reasons
from webportal.analyses.history import lettering
from webportal.analyses.history.lettering import Paragraph
from webportal.analyses.models import Analysis, Review
from webportal.analyses.templatetags.readings import percent, said_of_no_beat
from webportal.analyses.track_record import TrackRecord
from webportal.pages.catalogue import translated

#: Most analyses in one list.
MAX_ROWS = 200
#: Longest side of a picture in a report, pixels: 300 to the inch at the size it is printed.
PICTURE_SIDE = 1000

INK, SOFT, LINE, ACCENT = HexColor(0x17212B), HexColor(0x4D5A67), HexColor(0xD8DEE4), HexColor(0x0B6B6B)
_MARGIN = 18 * mm
_PADDING = 6  # of a page's frame, points
_WIDTH = A4[0] - 2 * _MARGIN - 2 * _PADDING


def analysis_report(analysis: Analysis, *, record: TrackRecord | None, said: Sequence[str] = ()) -> bytes:
    """One analysis as a PDF: picture, answer, every probability, readings, and where the answer comes from; ``record``
    is how often the model was right about the kind that it names, ``said`` the sentences beside the answer.
    """
    story: list[Flowable] = [_text(analysis.upload.label or gettext("Result"), "title")]
    if analysis.upload.is_viewable:
        story += [_picture(analysis), Spacer(0, 5 * mm)]
    story += _answer(analysis, said)
    if reviews := list(analysis.reviews.all()):
        story.append(_text(gettext("Readings"), "heading"))
        story += [_review(analysis, review) for review in reviews]
    story += [_text(gettext("About this analysis"), "heading"), _about(analysis, record)]
    return _pdf(gettext("Analysis of a heartbeat"), story)


def history_report(analyses: Sequence[Analysis], *, is_cut: bool) -> bytes:
    """Analyses as a PDF with one row each; ``is_cut`` says that the search found more than these."""
    heads = (gettext("Picture"), gettext("Sent"), gettext("Label"), gettext("Result"), gettext("Your reading"))
    rows: list[list[Any]] = [[_text(head, "head") for head in heads]]
    for analysis in analyses:
        review = analysis.review_by(analysis.owner_id)
        rows.append(
            [
                _thumbnail(analysis),
                _text(_when(analysis.created_at), "cell"),
                _text(analysis.upload.label, "cell"),
                _text(_in_short(analysis), "cell"),
                _text(translated(review.class_name) if review else "", "cell"),
            ]
        )
    table = Table(rows, colWidths=[part * _WIDTH for part in (0.16, 0.17, 0.21, 0.27, 0.19)], repeatRows=1)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE)]))
    times = gettext("Times are those of %(zone)s.") % {"zone": _zone()}
    story: list[Flowable] = [_text(gettext("History"), "title"), _text(times, "soft"), table]
    if is_cut:
        note = gettext("The first %(count)d of more. Search more narrowly to have the others.") % {
            "count": len(analyses)
        }
        story.append(_text(note, "soft"))
    return _pdf(gettext("History"), story)


def _answer(analysis: Analysis, said: Sequence[str]) -> list[Flowable]:
    if analysis.state != Analysis.State.DONE:
        parts = [_text(analysis.get_state_display(), "verdict")]
        if analysis.state == Analysis.State.REJECTED:
            parts.append(_text(str(reasons.explain(analysis.reason))))
        return [*parts]
    story: list[Flowable] = [
        _text(_in_short(analysis), "verdict"),
        _text(gettext("For research and education only. Not a medical device, not for diagnosis."), "strong"),
    ]
    answer = answers.shown(analysis)
    if answer.is_no_beat:
        return [*story, _text(str(answer.why_no_beat))]
    if len(answer.prediction_set) > 1:
        story.append(_text(gettext("These kinds stay plausible: %(names)s") % {"names": _names(answer)}))
    story += [_text(sentence) for sentence in said]
    rows = [
        [
            _text(translated(entry["name"]), "cell"),
            _bar(entry["probability"]),
            _text(percent(entry["probability"]), "number"),
        ]
        for entry in answer.ranked
    ]
    table = Table(rows, colWidths=[0.42 * _WIDTH, 0.42 * _WIDTH, 0.16 * _WIDTH])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return [*story, KeepTogether([_text(gettext("Probability of each kind"), "heading"), table])]


def _names(answer: answers.Answer) -> str:
    return ", ".join(translated(entry["name"]) for entry in answer.prediction_set)


def _in_short(analysis: Analysis) -> str:
    answer = answers.shown(analysis)
    if answer.is_no_beat:
        return said_of_no_beat(answer)
    if answer.probability is None:
        return str(analysis.get_state_display())
    if answer.is_shared:
        return f"{_names(answer)}, {analysis.get_verdict_display()}, {percent(answer.plausible_probability)}"
    return f"{translated(answer.class_name)}, {analysis.get_verdict_display()}, {percent(answer.probability)}"


def _review(analysis: Analysis, review: Review) -> Paragraph:
    by = gettext("the owner") if review.author_id == analysis.owner_id else gettext("a reviewer")
    agrees = gettext("agrees") if review.agrees else gettext("disagrees")
    line = f"{translated(review.class_name)} ({by}, {agrees}, {_when(review.created_at)}) {review.comment}"
    return _text(line)


def _about(analysis: Analysis, record: TrackRecord | None) -> Table:
    facts = [(gettext("Sent"), f"{_when(analysis.created_at, 'DATETIME_FORMAT')} ({_zone()})")]
    if analysis.lead:
        facts.append((gettext("Lead"), analysis.lead))
    if analysis.model_version:
        facts.append((gettext("Model"), f"{analysis.model_name}, {gettext('version')} {analysis.model_version}"))
    if record is not None:
        facts.append((gettext("How often right"), _record(answers.shown(analysis).class_name, record)))
    facts.append((gettext("Id"), str(analysis.pk)))
    table = Table(
        [[_text(name, "soft"), _text(value, "cell")] for name, value in facts],
        colWidths=[0.25 * _WIDTH, 0.75 * _WIDTH],
    )
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table


def _record(class_name: str, record: TrackRecord) -> str:
    facts = {
        "name": translated(class_name),
        "beats": number_format(record.beats, force_grouping=True),
        "people": record.people,
        "score": percent(record.sensitivity),
    }
    if record.people is None:
        sentence = gettext("“%(name)s”: of %(beats)s such beats of people it had never seen it recognised %(score)s")
    else:
        sentence = ngettext(
            "“%(name)s”: of %(beats)s such beats of %(people)d person it had never seen it recognised %(score)s",
            "“%(name)s”: of %(beats)s such beats of %(people)d people it had never seen it recognised %(score)s",
            record.people,
        )
    parts = [sentence % facts]
    if record.positive_predictivity is not None:
        right = gettext("of the beats that it called so, %(score)s were")
        parts.append(right % {"score": percent(record.positive_predictivity)})
    return "; ".join(parts)


def _picture(analysis: Analysis) -> Image | Paragraph:
    try:
        with analysis.upload.picture.open("rb") as file:
            return _image(file.read(), width=110 * mm, height=70 * mm)
    except FileNotFoundError:
        return _text(gettext("The file of this picture is missing."), "soft")


def _thumbnail(analysis: Analysis) -> Image | str:
    if not analysis.upload.thumbnail:
        return ""
    try:
        with analysis.upload.thumbnail.open("rb") as file:
            return _image(file.read(), width=24 * mm, height=16 * mm)
    except FileNotFoundError:
        return ""


def _image(data: bytes, *, width: float, height: float) -> Image:
    """A picture at the largest size that fits; pixels beyond what paper shows are left out."""
    with PillowImage.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as sent:
        sent.draft("RGB", (PICTURE_SIDE, PICTURE_SIDE))
        rgba = sent.convert("RGBA") if not sent.mode.startswith("I") else _eight_bits(sent)
    picture = PillowImage.alpha_composite(PillowImage.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG")
    scale = min(width / picture.width, height / picture.height)
    out.seek(0)
    return Image(out, picture.width * scale, picture.height * scale, hAlign="LEFT")


def _eight_bits(image: PillowImage.Image) -> PillowImage.Image:
    return image.convert("I").point(lambda level: level * (1 / 256)).convert("L").convert("RGBA")


def _bar(probability: float) -> Drawing:
    width, height = 0.4 * _WIDTH, 2.5 * mm
    drawing = Drawing(width, height)
    drawing.add(_rect(width, height, LINE))
    drawing.add(_rect(width * min(max(probability, 0.0), 1.0), height, ACCENT))
    return drawing


def _rect(width: float, height: float, colour: Color) -> Rect:
    return Rect(0, 0, width, height, fillColor=colour, strokeColor=None)


def _text(text: object, style: str = "body") -> Paragraph:
    shown = lettering.fitted(str(text)).replace(" %", "\u00a0%")  # kept on one line
    return Paragraph(escape(shown), _styles()[style])


def _when(moment: datetime, style: str = "SHORT_DATETIME_FORMAT") -> str:
    """A moment by the reader's clock and in the reader's language."""
    return date_format(timezone.localtime(moment), style)


def _zone() -> str:
    """Whose clock :func:`_when` goes by; paper goes to readers in other zones."""
    return timezone.get_current_timezone_name().replace("_", " ")


@cache
def _styles() -> dict[str, ParagraphStyle]:
    plain, bold = lettering.plain(), lettering.bold()
    body = ParagraphStyle("body", fontName=plain, fontSize=9.5, leading=13.5, textColor=INK, spaceAfter=4)
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=bold, fontSize=17, leading=21, spaceAfter=10),
        "verdict": ParagraphStyle("verdict", body, fontName=bold, fontSize=13, leading=17),
        "heading": ParagraphStyle("heading", body, fontName=bold, fontSize=10.5, spaceBefore=10),
        "strong": ParagraphStyle("strong", body, fontName=bold),
        "soft": ParagraphStyle("soft", body, textColor=SOFT, fontSize=8.5),
        "cell": ParagraphStyle("cell", body, fontSize=8.5, leading=11, spaceAfter=0),
        "number": ParagraphStyle("number", body, fontSize=8.5, leading=11, spaceAfter=0, alignment=2),
        "head": ParagraphStyle("head", body, fontName=bold, fontSize=8.5, spaceAfter=0),
    }


class _Document(SimpleDocTemplate):  # type: ignore[misc]  # reportlab has no types
    """A4 pages with the disclaimer at the foot of each, and a word about boxes on those that have one."""

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        """Set the foot of a page whose text is set."""
        canvas = self.canv
        canvas.saveState()
        canvas.setFillColor(INK)
        canvas.setFont(lettering.bold(), 8)
        disclaimer = gettext("For research and education only. Not a medical device, not for diagnosis.")
        canvas.drawString(_MARGIN, 13 * mm, disclaimer)
        canvas.setFont(lettering.plain(), 8)
        canvas.drawRightString(A4[0] - _MARGIN, 13 * mm, f"Beatlens · {self.page}")
        if lettering.has_box(canvas):
            note = gettext("%(box)s stands for a character that can’t be printed here.") % {"box": lettering.BOX}
            canvas.drawString(_MARGIN, 17.5 * mm, note)
        canvas.restoreState()


def _pdf(title: str, story: list[Flowable]) -> bytes:
    out = io.BytesIO()
    document = _Document(
        out,
        pagesize=A4,
        title=title,
        author="Beatlens",
        lang=get_language() or settings.LANGUAGE_CODE,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=24 * mm,
    )
    document.build(story)
    return out.getvalue()
