"""A file is what its first bytes say, whatever it is called."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ecg.pictures.kinds import CONVERTIBLE, DESCRIPTIONS, NATIVE, Kind, kind_of
from tests.ecg.pictures.files import DATA, beat, encoded


def zip_of(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return file.getvalue()


EDF = b"0       " + b"X" * 80 + b"Startdate".ljust(80) + b"01.01.2601.01.01256     EDF+C"
SCP = b"\x12\x34\x00\x01\x00\x00\x56\x78\x00\x00\x88\x00\x00\x00\x0d\x0dSCPECG"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PDF"])
def test_pictures_that_people_have(form: str) -> None:
    assert kind_of(encoded(beat(mode="RGB"), form)[:4096]) is Kind(form)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ((DATA / "beat.heic").read_bytes(), Kind.HEIF),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Kind.HEIF),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Kind.AVIF),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp41", Kind.VIDEO),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  ", Kind.VIDEO),
        (b"\x1aE\xdf\xa3\x9fB\x86", Kind.VIDEO),
        (b"RIFF\0\0\0\0AVI LIST", Kind.VIDEO),
        (b"RIFF\0\0\0\0WAVEfmt ", Kind.AUDIO),
        (b"II*\0\x08\0\0\0", Kind.TIFF),
        (b"MM\0*\0\0\0\x08", Kind.TIFF),
        (b"\n%PDF-1.4\n", Kind.PDF),
        (b"\0" * 128 + b"DICM", Kind.DICOM),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Kind.SVG),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", Kind.SVG),
        (b"<?xml version='1.0'?><AnnotatedECG xmlns='urn:hl7-org:v3'>", Kind.RECORDING),
        (b"<?xml version='1.0'?><RestingECG><PatientDemographics>", Kind.RECORDING),
        (b"<!DOCTYPE html><html>", Kind.WEB_PAGE),
        (EDF, Kind.RECORDING),
        (b"\xffBIOSEMI" + b" " * 100, Kind.RECORDING),
        (b"ISHNE1.0" + b"\0" * 100, Kind.RECORDING),
        (SCP, Kind.RECORDING),
        (b"100 2 360 650000\n100.dat 212 200 11 1024 995 -22131 0 MLII\n", Kind.RECORDING),
        (b"# made\n100s 1\n100s.dat 16\n", Kind.RECORDING),
        (b"time,MLII\n0.000,-0.145\n0.003,-0.145\n0.006,-0.14\n0.008,-0.15\n", Kind.RECORDING),
        (b"Zeit;mV\r0,000;-0,145\r0,003;-0,145\r0,006;-0,14\r0,008;-0,15\r", Kind.RECORDING),
        (b"\xff\xfe" + "t\n1\n2\n3\n4\n".encode("utf-16-le"), Kind.RECORDING),
        (zip_of("100.hea"), Kind.ARCHIVE),
        (zip_of("[Content_Types].xml"), Kind.DOCUMENT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.DOCUMENT),
        (b"MZ\x90\0\x03", Kind.PROGRAM),
        (b"\x7fELF\x02", Kind.PROGRAM),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", Kind.LFS_POINTER),
        (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.OTHER_PICTURE),
        (b"A note about the patient's beat.\n", Kind.TEXT),
        ("Größe: 3 mV, später mehr".encode("latin-1"), Kind.TEXT),
        (b"BMW is a make of cars", Kind.TEXT),
        (b"", Kind.UNKNOWN),
        (bytes(200), Kind.UNKNOWN),
        (b"\x89PN", Kind.UNKNOWN),
    ],
)
def test_what_a_file_is(data: bytes, kind: Kind) -> None:
    assert kind_of(data) is kind


def test_every_kind_has_words() -> None:
    assert set(DESCRIPTIONS) == set(Kind)
    assert not NATIVE & CONVERTIBLE


@given(st.binary(max_size=300))
def test_any_bytes_are_of_some_kind(data: bytes) -> None:
    assert kind_of(data) in Kind


def test_a_picture_with_a_long_animation_is_a_picture() -> None:
    frames = [beat(), beat(ink="red", mode="P")]
    assert kind_of(encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])) is Kind.WEBP
    assert kind_of(encoded(Image.new("CMYK", (20, 20)), "TIFF")) is Kind.TIFF
