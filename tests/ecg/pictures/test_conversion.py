"""Pictures as people have them become PNG or JPEG, within the same limits, in a process that may die."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ecg.pictures import confined
from ecg.pictures.decoding import ImageError, ImageLimits, ImageReason, decode
from ecg.pictures.kinds import Kind
from tests.ecg.pictures.files import DATA, beat, encoded, jpeg_of_many_scans, opened, png

LIMITS = ImageLimits()
THUMBNAIL = (384, 256)


def spike(data: bytes) -> tuple[float, float]:
    """Where the highest ink lies, as shares of width and height."""
    ink = np.asarray(decode(data)) < 128
    rows, columns = np.nonzero(ink)
    return columns[rows.argmin()] / ink.shape[1], rows.min() / ink.shape[0]


def refused(data: bytes, limits: ImageLimits = LIMITS) -> ImageReason:
    with pytest.raises(ImageError) as caught:
        confined.for_keeping(data, limits, THUMBNAIL)
    return caught.value.reason


@pytest.mark.parametrize(
    ("form", "options", "kind"),
    [
        ("WEBP", {"lossless": True}, Kind.JPEG),
        ("AVIF", {}, Kind.JPEG),
        ("GIF", {}, Kind.PNG),
        ("BMP", {}, Kind.PNG),
        ("TIFF", {}, Kind.PNG),
        ("TIFF", {"compression": "tiff_lzw"}, Kind.PNG),
        ("PDF", {}, Kind.PNG),
    ],
)
def test_the_beat_stays_where_it_was(form: str, options: dict[str, Any], kind: Kind) -> None:
    native = confined.to_native(encoded(beat((300, 200), "RGB"), form, **options))
    assert native.kind is kind
    assert spike(native.data) == pytest.approx((0.35, 0.1), abs=0.03)


def test_a_phones_picture() -> None:
    native = confined.to_native((DATA / "beat.heic").read_bytes())
    assert native.kind is Kind.JPEG
    assert opened(native.data).size == (96, 64)
    assert spike(native.data) == pytest.approx((46 / 96, 8 / 64), abs=0.06)


@pytest.mark.parametrize("form", ["GIF", "TIFF", "WEBP"])
def test_of_several_pictures_the_first_counts(form: str) -> None:
    further = [Image.new("RGB", (192, 128), "red")]
    data = encoded(beat(mode="RGB"), form, save_all=True, append_images=further)
    assert spike(confined.to_native(data).data) == pytest.approx((0.35, 0.1), abs=0.03)


def test_transparent_paper_is_white() -> None:
    image = Image.new("RGBA", (192, 128), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (60, 20, 64, 100))
    for form in ("WEBP", "TIFF"):
        assert opened(confined.to_native(encoded(image, form)).data).getpixel((5, 5)) == (255, 255, 255)


def test_a_picture_that_lies_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = beat((200, 300), "RGB").transpose(Image.Transpose.ROTATE_90)
    for form in ("JPEG", "PNG", "WEBP", "TIFF"):
        converted = confined.for_keeping(encoded(turned, form, exif=exif), LIMITS, THUMBNAIL)
        assert (converted.width, converted.height) == opened(converted.data).size == (200, 300)
        assert not opened(converted.data).getexif()
        assert opened(converted.thumbnail).size == (171, 256)
        assert spike(converted.data) == pytest.approx((0.35, 0.1), abs=0.03)


def test_grey_of_sixteen_bits_keeps_its_high_byte() -> None:
    wide = np.full((64, 96), 0x80FF, np.uint16)
    data = encoded(Image.fromarray(wide), "TIFF")
    assert opened(confined.to_native(data).data).getpixel((3, 3)) == 0x80


def test_what_is_native_is_not_touched() -> None:
    for form in ("PNG", "JPEG"):
        data = encoded(beat(), form)
        assert confined.to_native(data).data == data


def test_a_pdf_of_several_pages_says_so() -> None:
    data = encoded(beat(mode="RGB"), "PDF", save_all=True, append_images=[beat(mode="RGB")])
    assert refused(data) is ImageReason.PDF_SEVERAL_PAGES


def test_a_locked_pdf_says_so() -> None:
    assert refused((DATA / "locked.pdf").read_bytes()) is ImageReason.PDF_LOCKED


def test_a_pdf_with_scripts_says_so() -> None:
    data = encoded(beat(mode="RGB"), "PDF") + b"\n% /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"
    assert refused(data) is ImageReason.PDF_SCRIPTS


def test_a_poster_is_drawn_with_a_bounded_number_of_pixels() -> None:
    poster = encoded(beat((1000, 600), "RGB"), "PDF", resolution=5.0)  # 5 metres wide
    image = opened(confined.to_native(poster).data)
    assert 8_000_000 < image.width * image.height <= 12_100_000


@pytest.mark.parametrize("form", ["WEBP", "AVIF", "GIF", "BMP", "TIFF", "PDF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_cut_off_files_are_refused_or_read(form: str, share: float) -> None:
    data = encoded(beat((300, 200), "RGB"), form)
    cut = data[: max(20, int(len(data) * share))]
    outcome: object
    try:
        outcome = confined.to_native(cut).kind
    except ImageError as error:
        outcome = error.reason
    assert outcome in (Kind.PNG, Kind.JPEG, ImageReason.CORRUPT, ImageReason.UNSUPPORTED_FORMAT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ImageReason.EMPTY),
        (b"a note", ImageReason.UNSUPPORTED_FORMAT),
        (b"<svg/>", ImageReason.UNSUPPORTED_FORMAT),
        (encoded(beat((8, 8)), "BMP"), ImageReason.TOO_SMALL),
        (encoded(beat((8, 8)), "PNG"), ImageReason.TOO_SMALL),
        (jpeg_of_many_scans((5000, 5000), 600), ImageReason.TOO_COSTLY),
        (png((5000, 5000), depth=16, colour=6), ImageReason.TOO_COSTLY),
        (png((5100, 5000), depth=1, colour=0), ImageReason.TOO_MANY_PIXELS),
        (encoded(beat(), "PNG")[:300], ImageReason.TRUNCATED),
    ],
)
def test_what_is_refused(data: bytes, reason: ImageReason) -> None:
    assert refused(data) is reason


def test_sizes_are_bounded_for_every_kind() -> None:
    small = ImageLimits(max_pixels=10_000)
    for form in ("BMP", "TIFF", "GIF"):
        assert refused(encoded(beat((1000, 1000)), form), small) is ImageReason.TOO_MANY_PIXELS
    # A little too large is made smaller.
    native = confined.to_native(encoded(beat((130, 100)), "BMP"), small)
    width, height = opened(native.data).size
    assert width * height <= 10_000
    few = ImageLimits(max_bytes=1024)
    assert refused(encoded(beat((1000, 1000)), "BMP"), few) is ImageReason.TOO_LARGE


def test_what_does_not_fit_as_png_becomes_a_jpeg() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300, 3), dtype=np.uint8))
    data = encoded(noise, "TIFF", compression="tiff_lzw")
    native = confined.to_native(data, ImageLimits(max_bytes=len(data)))
    assert native.kind in (Kind.PNG, Kind.JPEG)
    packed = encoded(noise.resize((30, 20)).resize((300, 200), Image.Resampling.BICUBIC), "WEBP", quality=10)
    assert confined.to_native(packed).kind is Kind.JPEG


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_thumbnails_of_every_kind_are_small_and_bare(mode: str) -> None:
    image = beat((3000, 2000), mode.removesuffix(";16")).convert(mode)
    converted = confined.for_keeping(encoded(image, "PNG"), LIMITS, THUMBNAIL)
    thumbnail = opened(converted.thumbnail)
    assert thumbnail.size == (384, 256)
    assert thumbnail.mode == ("L" if mode in ("1", "L", "I;16") else "RGB")
    assert thumbnail.info == {}


def test_bombs_of_other_formats_end_at_a_limit() -> None:
    # A TIFF of 60,000 × 1,000 pixels that unpack from next to nothing.
    header = encoded(Image.new("1", (60_000, 1000)), "TIFF", compression="group4")
    assert refused(header) is ImageReason.TOO_MANY_PIXELS
    file = io.BytesIO()
    Image.new("P", (16, 16)).save(file, "GIF")
    bomb = bytearray(file.getvalue())
    bomb[6:10] = b"\xff\xff\xff\xff"  # a screen of 65,535 × 65,535
    assert refused(bytes(bomb)) in (ImageReason.TOO_MANY_PIXELS, ImageReason.CORRUPT)
