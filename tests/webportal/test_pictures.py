"""What is kept of a picture: its pixels, upright, and nothing else."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from webportal.analyses import pictures

SECRET = "Jane Doe, ward 7"
ORIENTATION, DESCRIPTION = 0x0112, 0x010E


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_png_keeps_its_pixels_and_loses_its_texts(drawn):
    texts = PngInfo()
    texts.add_text("Patient", SECRET)
    texts.add_itxt("Comment", SECRET)
    sent = drawn(pnginfo=texts)
    assert SECRET.encode() in sent

    stored = pictures.prepare(sent, pictures.PNG)

    assert SECRET.encode() not in stored.data
    assert opened(stored.data).tobytes() == opened(sent).tobytes()
    assert (stored.width, stored.height, stored.media_type) == (192, 128, "image/png")


def test_a_jpeg_loses_exif_and_comment_and_keeps_its_pixels(drawn):
    exif = Image.Exif()
    exif[DESCRIPTION] = SECRET
    sent = drawn(kind="JPEG", exif=exif, comment=SECRET.encode(), quality=90)
    assert sent.count(SECRET.encode()) == 2

    stored = pictures.prepare(sent, pictures.JPEG)

    assert SECRET.encode() not in stored.data
    assert not opened(stored.data).getexif()
    difference = ImageChops.difference(opened(stored.data), opened(sent))
    assert difference.getextrema()[1] <= 8  # of 255: rounding of one more encoding with the same tables


def test_a_picture_that_lies_on_its_side_is_stored_upright(drawn):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = pictures.prepare(drawn(kind="JPEG", exif=exif), pictures.JPEG)
    assert (stored.width, stored.height) == (128, 192)
    assert opened(stored.data).size == (128, 192)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_can_be_kept_and_shown(mode):
    image = Image.new("L", (64, 48), 255).convert(mode.removesuffix(";16")).convert(mode)
    sent = io.BytesIO()
    image.save(sent, "PNG")
    stored = pictures.prepare(sent.getvalue(), pictures.PNG)
    assert opened(stored.data).mode == opened(sent.getvalue()).mode
    assert opened(stored.thumbnail).size == (64, 48)


def test_transparent_pictures_lie_on_white_in_lists():
    sent = io.BytesIO()
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(sent, "PNG")
    thumbnail = opened(pictures.prepare(sent.getvalue(), pictures.PNG).thumbnail)
    assert thumbnail.getpixel((0, 0)) == (255, 255, 255)


def test_grey_pictures_have_grey_thumbnails_without_metadata(drawn):
    sent = io.BytesIO()
    text = PngInfo()
    text.add_text("Author", SECRET)
    Image.new("L", (64, 48), 200).save(sent, "PNG", pnginfo=text, dpi=(300, 300))
    stored = pictures.prepare(sent.getvalue(), pictures.PNG)
    assert stored.thumbnail is not None
    assert opened(stored.thumbnail).mode == "L"
    assert opened(stored.thumbnail).info == {}
    assert SECRET.encode() not in stored.thumbnail


def test_thumbnails_are_small(drawn):
    stored = pictures.prepare(drawn((3000, 2000)), pictures.PNG)
    assert opened(stored.thumbnail).size == (384, 256)


@pytest.mark.parametrize("cut", [60, 200, -200])
def test_a_damaged_picture_is_kept_as_sent_and_never_shown(cut, drawn):
    sent = drawn()[:cut]
    stored = pictures.prepare(sent, pictures.PNG)
    assert stored.data == sent
    assert stored.width is None
    assert stored.thumbnail is None


def test_too_many_pixels_are_not_decoded(drawn, settings):
    settings.PICTURE_MAX_PIXELS = 192 * 128 - 1
    assert pictures.prepare(drawn(), pictures.PNG).width is None


def test_the_first_bytes_tell_the_kind(drawn):
    assert pictures.media_type_of(drawn()[:16]) == "image/png"
    assert pictures.media_type_of(drawn(kind="JPEG")[:16]) == "image/jpeg"
    for other in (b"", b"GIF89a", b"<svg xmlns=", b"\x89PN"):
        assert pictures.media_type_of(other) is None
