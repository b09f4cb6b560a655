"""The fonts of reports hold what is listed beside them, as DejaVu draws it."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.subset import parse_unicodes
from fontTools.ttLib import TTFont

from webportal.analyses.history import lettering

FOLDER = Path(lettering.__file__).parent / "fonts"
WHOLE = Path(mpl.get_data_path()) / "fonts" / "ttf"


def listed() -> set[int]:
    lines = (FOLDER / "characters.txt").read_text(encoding="utf-8").splitlines()
    return {point for line in lines for point in parse_unicodes(line.partition("#")[0])}


@pytest.mark.parametrize("file", ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"])
def test_the_fonts_hold_the_listed_characters_and_draw_them_as_dejavu_does(file: str) -> None:
    ours, whole = TTFont(FOLDER / file), TTFont(WHOLE / file)
    assert set(ours.getBestCmap()) == listed() & set(whole.getBestCmap())
    for point in map(ord, "AgßłĞЖωệ–’□→≤μ"):
        outlines = []
        for font in (ours, whole):
            glyphs, pen = font.getGlyphSet(), RecordingPen()
            name = font.getBestCmap()[point]
            glyphs[name].draw(pen)
            outlines.append((glyphs[name].width, len(pen.value)))
        assert outlines[0] == outlines[1]


def test_the_licence_lies_beside_them() -> None:
    assert "Bitstream" in (FOLDER / "LICENSE").read_text(encoding="utf-8")
