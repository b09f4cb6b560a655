"""What is drawn on a PDF's page, and which PDFs are refused."""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ecg.pictures import confined
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason
from ecg.pictures.documents.drawing import Drawing
from tests.ecg.pictures.files import DATA

SIZE = (100 * mm, 60 * mm)


def made(draw: Callable[[Canvas], object], pages: int = 1) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=SIZE)
    for _ in range(pages):
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def raw(content: bytes, more: bytes = b"") -> bytes:
    """A PDF of one page by its bytes; ``more`` belongs to the catalogue."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + more + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(content), content),
    ]
    out = b"%PDF-1.7\n"
    for number, body in enumerate(objects, 1):
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    return out + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF"


def refused(data: bytes) -> ImageReason:
    with pytest.raises(ImageError) as caught:
        confined.drawing_of(data)
    return caught.value.reason


def test_lines_lie_where_the_drawn_page_shows_them() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setLineWidth(2)
        canvas.lines([(10 * mm, 50 * mm, 90 * mm, 50 * mm), (20 * mm, 10 * mm, 20 * mm, 40 * mm)])

    data = made(draw)
    drawing = confined.drawing_of(data)
    shown = np.asarray(Image.open(io.BytesIO(confined.to_native(data).data)).convert("L"))
    assert drawing.size == (shown.shape[1], shown.shape[0])
    level, upright = (stroke.points for stroke in drawing.strokes)
    assert shown[round(level[0, 1]), round(level[:, 0].mean())] < 30
    assert shown[round(upright[:, 1].mean()), round(upright[0, 0])] < 30
    assert np.ptp(level[:, 0]) / drawing.pixels_per_mm == pytest.approx(80, abs=0.01)


def test_words_come_with_their_place_and_lines_with_their_pen() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(10 * mm, 30 * mm, "Lead aVR 25 mm/s")
        canvas.line(0, 0, 50, 50)
        canvas.setStrokeColorRGB(1, 0, 0)
        canvas.line(0, 0, 50, 50)
        canvas.line(50, 50, 70, 20)

    drawing = confined.drawing_of(made(draw))
    assert [word.text for word in drawing.words] == ["Lead", "aVR", "25", "mm/s"]
    boxes = [word.box for word in drawing.words]
    assert boxes == sorted(boxes)
    first, second, third = (stroke.pen for stroke in drawing.strokes)
    assert first != second == third


def test_curves_and_thin_bars_are_lines_too() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.bezier(10, 10, 20, 100, 60, 100, 70, 10)
        canvas.rect(100, 20, 0.5, 80, stroke=0, fill=1)
        canvas.rect(120, 20, 30, 80, stroke=0, fill=1)

    curve, bar = (stroke.points for stroke in confined.drawing_of(made(draw)).strokes)
    assert len(curve) > 5
    assert np.ptp(bar[:, 0]) == pytest.approx(0)


def test_a_drawing_leaves_its_process_as_it_was() -> None:
    drawing = confined.drawing_of(made(lambda canvas: canvas.grid([10, 20, 30], [40, 50])))
    again = Drawing.of_plain(drawing.to_plain())
    assert again.words == drawing.words
    assert [stroke.points.tolist() for stroke in again.strokes] == [s.points.tolist() for s in drawing.strokes]
    empty = confined.drawing_of(made(lambda canvas: canvas.drawString(10, 10, "nothing")))
    assert not empty.strokes


def test_what_is_locked_scripted_long_or_damaged_is_refused_with_its_reason() -> None:
    def nothing(canvas: Canvas) -> None:
        canvas.line(0, 0, 10, 10)

    assert refused((DATA / "locked.pdf").read_bytes()) is ImageReason.PDF_LOCKED
    assert refused(made(nothing, pages=10_000)) is ImageReason.PDF_SEVERAL_PAGES
    script = b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    assert refused(raw(zlib.compress(b"0 0 m 9 9 l S"), script)) is ImageReason.PDF_SCRIPTS
    assert refused(b"%PDF-1.7\n" + bytes(range(256)) * 20) is ImageReason.CORRUPT
    assert refused(b"") is ImageReason.EMPTY
    with pytest.raises(ImageError) as caught:
        confined.drawing_of(made(nothing), ImageLimits(max_bytes=100))
    assert caught.value.reason is ImageReason.TOO_LARGE


@pytest.mark.parametrize(
    "content",
    [b"0 0 m 9 9 l S\n" * 210_000, b"0 0 m\n" + b"9 9 l 1 2 l\n" * 400_000 + b"S", b" " * 1_500_000_000],
    ids=["objects", "points", "stream"],
)
def test_a_bomb_costs_no_more_than_its_process(content: bytes) -> None:
    assert refused(raw(zlib.compress(content, 1))) in {ImageReason.TOO_COSTLY, ImageReason.CORRUPT}
    assert confined.drawing_of(raw(zlib.compress(b"0 0 m 9 9 l S"))).strokes  # others still are read


def test_forms_within_themselves_end() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=SIZE)
    for number in range(12):
        canvas.beginForm(f"form{number}")
        if number:
            canvas.doForm(f"form{number - 1}")
            canvas.doForm(f"form{number - 1}")
        else:
            canvas.line(0, 0, 10, 10)
        canvas.endForm()
    canvas.doForm("form11")
    canvas.showPage()
    canvas.save()
    assert isinstance(confined.drawing_of(buffer.getvalue()), Drawing)


def test_any_shape_of_noise_in_a_pdf_has_a_reason() -> None:
    whole = bytearray(made(lambda canvas: canvas.drawString(10, 10, "aVR")))
    chance = np.random.default_rng(5)
    for _ in range(25):
        data = bytearray(whole)
        for at in chance.integers(9, len(data), 20).tolist():
            data[at] = int(chance.integers(256))
        # Whatever else is raised fails the test.
        with contextlib.suppress(ImageError):
            assert isinstance(confined.drawing_of(bytes(data)), Drawing)


def test_pdfium_has_no_engine_for_scripts() -> None:
    assert "V8" not in str(pypdfium2.version.PDFIUM_INFO.flags)
