"""What is stored of a picture: its pixels, upright, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo
from pytest_django.fixtures import Settings

from ecg.confinement import Turns
from ecg.pictures import confined
from ecg.pictures.decoding import ImageReason
from ecg.pictures.kinds import CONVERTIBLE, NATIVE, Kind
from tests.ecg.pictures.files import jpeg_of_many_scans, png
from webportal.analyses import reasons
from webportal.analyses.intake import pictures, sniffing

SECRET = "Jane Doe, ward 7"
ORIENTATION, DESCRIPTION = 0x0112, 0x010E


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_png_keeps_its_pixels_and_loses_its_texts(drawn: Callable[..., bytes]) -> None:
    texts = PngInfo()
    texts.add_text("Patient", SECRET)
    texts.add_itxt("Comment", SECRET)
    sent = drawn(pnginfo=texts)
    assert SECRET.encode() in sent

    stored = pictures.prepare(sent)

    assert SECRET.encode() not in stored.data
    assert opened(stored.data).tobytes() == opened(sent).tobytes()
    assert (stored.width, stored.height, stored.media_type) == (192, 128, "image/png")


def test_a_jpeg_loses_exif_and_comment_and_keeps_its_pixels(drawn: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[DESCRIPTION] = SECRET
    sent = drawn(kind="JPEG", exif=exif, comment=SECRET.encode(), quality=90)
    assert sent.count(SECRET.encode()) == 2

    stored = pictures.prepare(sent)

    assert SECRET.encode() not in stored.data
    assert not opened(stored.data).getexif()
    difference = ImageChops.difference(opened(stored.data), opened(sent))
    _lowest, highest = difference.getextrema()
    assert isinstance(highest, int | float)
    assert highest <= 8  # of 255: rounding of one more encoding with the same tables


def test_a_picture_that_lies_on_its_side_is_stored_upright(drawn: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = pictures.prepare(drawn(kind="JPEG", exif=exif))
    assert (stored.width, stored.height) == (128, 192)
    assert opened(stored.data).size == (128, 192)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_can_be_kept_and_shown(mode: str) -> None:
    image = Image.new("L", (64, 48), 255).convert(mode.removesuffix(";16")).convert(mode)
    sent = io.BytesIO()
    image.save(sent, "PNG")
    stored = pictures.prepare(sent.getvalue())
    assert opened(stored.data).mode == opened(sent.getvalue()).mode
    assert opened(stored.thumbnail or b"").size == (64, 48)


def test_transparent_pictures_lie_on_white_in_lists() -> None:
    sent = io.BytesIO()
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(sent, "PNG")
    thumbnail = opened(pictures.prepare(sent.getvalue()).thumbnail or b"")
    assert thumbnail.getpixel((0, 0)) == (255, 255, 255)


def test_grey_pictures_have_grey_thumbnails_without_metadata(drawn: Callable[..., bytes]) -> None:
    sent = io.BytesIO()
    text = PngInfo()
    text.add_text("Author", SECRET)
    Image.new("L", (64, 48), 200).save(sent, "PNG", pnginfo=text, dpi=(300, 300))
    stored = pictures.prepare(sent.getvalue())
    assert stored.thumbnail is not None
    assert opened(stored.thumbnail or b"").mode == "L"
    assert opened(stored.thumbnail or b"").info == {}
    assert SECRET.encode() not in stored.thumbnail


def test_thumbnails_are_small(drawn: Callable[..., bytes]) -> None:
    stored = pictures.prepare(drawn((3000, 2000)))
    assert opened(stored.thumbnail or b"").size == (384, 256)


@pytest.mark.parametrize("cut", [60, 200, -200])
def test_a_damaged_picture_is_kept_as_sent_and_never_shown(cut: int, drawn: Callable[..., bytes]) -> None:
    sent = drawn()[:cut]
    stored = pictures.prepare(sent)
    assert stored.data == sent
    assert stored.width is None
    assert stored.thumbnail is None


def test_too_many_pixels_are_not_decoded(drawn: Callable[..., bytes], settings: Settings) -> None:
    settings.PICTURE_MAX_PIXELS = 192 * 128 - 1
    assert pictures.prepare(drawn()).width is None


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "GIF", "BMP", "TIFF", "PDF"])
def test_other_kinds_of_pictures_are_converted(kind: str, drawn: Callable[..., bytes]) -> None:
    stored = pictures.prepare(drawn(kind=kind))
    assert stored.media_type in ("image/png", "image/jpeg")
    assert sniffing.media_type_of(stored.data) == stored.media_type
    assert opened(stored.data).size == (stored.width, stored.height)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "IMAGE_EMPTY"),
        (b"\0\1\2\3", "IMAGE_UNSUPPORTED_FORMAT"),
        (b"a letter", "FILE_IS_TEXT"),
        (b"\0" * 128 + b"DICM", "FILE_IS_DICOM"),
        (b"GIF89a and then nothing", "IMAGE_CORRUPT"),
        (b"%PDF-1.7 and then nothing", "IMAGE_CORRUPT"),
    ],
)
def test_what_can_not_be_converted_is_not_kept_and_named(data: Any, reason: str) -> None:
    with pytest.raises(pictures.Unusable) as caught:
        pictures.prepare(data)
    assert caught.value.reason == reason
    assert reasons.is_known(reason)


def test_every_kind_that_is_no_picture_has_its_sentence() -> None:
    for kind in Kind:
        assert kind in NATIVE | CONVERTIBLE | {Kind.UNKNOWN} or reasons.is_known(f"FILE_IS_{kind}")
    for reason in ImageReason:
        assert reasons.is_known(reason.value)


def test_when_all_decoders_are_taken_the_sender_is_told_to_come_back(
    drawn: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "_turns", Turns(1, wait_seconds=0.01))
    with confined._turns, ThreadPoolExecutor(1) as other, pytest.raises(pictures.Busy):
        other.submit(pictures.prepare, drawn()).result()


@pytest.mark.parametrize("size", [(5000, 5000)])
def test_what_would_take_too_long_or_too_much_is_not_decoded_here(size: Any) -> None:
    for sent in (jpeg_of_many_scans(size, 600), png(size, depth=16, colour=6)):
        stored = pictures.prepare(sent)
        assert (stored.data, stored.width, stored.thumbnail) == (sent, None, None)


def test_the_first_bytes_tell_the_kind(drawn: Callable[..., bytes]) -> None:
    assert sniffing.media_type_of(drawn()[:16]) == "image/png"
    assert sniffing.media_type_of(drawn(kind="JPEG")[:16]) == "image/jpeg"
    assert sniffing.media_type_of(drawn(kind="GIF")[:16]) == "image/gif"
    for other in (b"", b"<svg xmlns=", b"\x89PN"):
        assert sniffing.media_type_of(other) == "application/octet-stream"
