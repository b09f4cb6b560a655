"""Everything but the pixels leaves a file, and the pixels stay exactly what they were."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ecg.pictures.kinds import Kind
from ecg.pictures.metadata import removed
from tests.ecg.pictures.files import beat, encoded, opened, png_chunk

SECRET = b"Jane Doe, ward 7"


def texts() -> PngInfo:
    information = PngInfo()
    information.add_text("Patient", SECRET.decode())
    information.add_itxt("Comment", SECRET.decode())
    return information


def exif() -> Image.Exif:
    data = Image.Exif()
    data[0x010E] = SECRET.decode()
    return data


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png(mode: str) -> None:
    image = beat(mode=mode.removesuffix(";16")).convert(mode)
    sent = encoded(image, "PNG", pnginfo=texts(), exif=exif(), dpi=(300, 300), icc_profile=b"profile of " + SECRET)
    sent += png_chunk(b"tEXt", SECRET) + b"behind the end: " + SECRET
    bare = removed(sent, Kind.PNG)
    assert SECRET in sent
    assert SECRET not in bare
    assert opened(bare).tobytes() == opened(sent).tobytes()
    assert opened(bare).info == {}


def test_the_transparent_colour_of_a_palette_stays() -> None:
    sent = encoded(beat(mode="P"), "PNG", transparency=0)
    assert opened(removed(sent, Kind.PNG)).info == {"transparency": 0}


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}])
def test_a_jpeg(mode: str, options: dict[str, Any]) -> None:
    sent = encoded(
        beat(mode=mode),
        "JPEG",
        exif=exif(),
        comment=SECRET,
        icc_profile=b"profile of " + SECRET,
        dpi=(72, 72),
        **options,
    )
    sent += b"another picture behind the end: " + SECRET
    bare = removed(sent, Kind.JPEG)
    assert sent.count(SECRET) == 4
    assert SECRET not in bare
    assert opened(bare).tobytes() == opened(sent).tobytes()
    assert not opened(bare).getexif()


def test_a_thumbnail_in_the_first_segment_goes() -> None:
    plain = encoded(beat(mode="L"), "JPEG")
    assert plain[2:4] == b"\xff\xe0"
    with_thumbnail = plain[:4] + b"\0\x2e" + plain[6:18] + b"\x03\x03" + (SECRET * 2)[:27] + b"\0\0\0" + plain[20:]
    bare = removed(with_thumbnail, Kind.JPEG)
    assert SECRET not in bare
    assert opened(bare).tobytes() == opened(plain).tobytes()
