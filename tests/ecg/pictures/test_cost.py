"""What decoding will cost is known from a file's structure."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.pictures.cost import cost_of, shrinking
from tests.ecg.pictures.files import beat, encoded, jpeg_of_many_scans, opened, png, png_chunk

SIZE = (640, 480)
PIXELS = SIZE[0] * SIZE[1]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_the_memory_of_a_png_is_that_of_its_pixels(mode: str) -> None:
    image = beat(SIZE, mode.removesuffix(";16")).convert(mode)
    cost = cost_of(encoded(image, "PNG"))
    assert cost is not None
    assert (cost.width, cost.height) == SIZE
    bytes_a_pixel = {"1": 1, "L": 1, "P": 1, "I;16": 2}.get(mode, 4)
    assert cost.memory_bytes == pytest.approx(PIXELS * bytes_a_pixel, rel=0.02)


def test_sixteen_bits_are_twice_the_work_of_eight() -> None:
    narrow, wide = (cost_of(png(SIZE, depth=depth, colour=6)) for depth in (8, 16))
    assert narrow is not None
    assert wide is not None
    assert wide.work == pytest.approx(2 * narrow.work, rel=0.02)


def test_empty_chunks_are_work() -> None:
    plain = cost_of(png((16, 16), depth=8, colour=0))
    many = cost_of(png((16, 16), depth=8, colour=0, before_pixels=png_chunk(b"abCd", b"") * 50_000))
    assert plain is not None
    assert many is not None
    assert many.work > 1000 * plain.work


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 2}, {"restart_marker_rows": 1}])
def test_a_jpeg_is_measured_whatever_its_kind(mode: str, options: dict[str, object]) -> None:
    cost = cost_of(encoded(beat(SIZE, mode), "JPEG", **options))
    assert cost is not None
    assert (cost.width, cost.height) == SIZE
    assert PIXELS <= cost.work < 30 * PIXELS
    assert PIXELS <= cost.memory_bytes <= 12.5 * PIXELS


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_each_scan_is_work_once_more(mode: str) -> None:
    few, many = (cost_of(jpeg_of_many_scans(SIZE, scans, mode)) for scans in (0, 100))
    assert few is not None
    assert many is not None
    assert many.scans == few.scans + 100
    assert many.work >= few.work + 100 * PIXELS / 4  # the last scan may be of one of the coarser channels


def test_work_foretells_time() -> None:
    few, many = (jpeg_of_many_scans((1000, 1000), scans) for scans in (20, 200))
    seconds = []
    for data in (few, many):
        begun = time.process_time()
        opened(data)
        seconds.append(time.process_time() - begun)
    foretold = [cost.work for cost in map(cost_of, (few, many)) if cost]
    assert 0.2 < (seconds[1] / seconds[0]) / (foretold[1] / foretold[0]) < 3


def test_counting_the_scans_of_a_large_file_takes_no_time_worth_speaking_of() -> None:
    data = jpeg_of_many_scans((16, 16), 0)
    entropy = data.rindex(b"\xff\xda") + 14
    large = data[:entropy] + b"\xff\0\x12\xff\xd0" * 1_600_000 + data[-2:]
    begun = time.process_time()
    assert cost_of(large) is not None
    assert time.process_time() - begun < 2.0


def test_large_jpegs_shrink_while_they_are_decoded() -> None:
    assert [shrinking(side, 10) for side in (100, 3199, 3200, 6400, 12800, 100_000)] == [1, 1, 2, 4, 8, 8]
    whole, shrunk = (cost_of(encoded(beat(size), "JPEG")) for size in ((3199, 1000), (3200, 1000)))
    assert whole is not None
    assert shrunk is not None
    assert shrunk.memory_bytes < whole.memory_bytes / 3


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9"])
def test_what_has_no_header_has_no_cost(data: bytes) -> None:
    assert cost_of(data) is None


@given(st.binary(max_size=200))
def test_broken_headers_are_no_trouble(data: bytes) -> None:
    cost_of(b"\x89PNG\r\n\x1a\n" + data)
    cost_of(b"\xff\xd8\xff" + data)
    cost_of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + data)
    cost_of(b"\xff\xd8\xff\xc2\0\x11" + data)


def test_a_frame_without_components_or_sampling_has_no_cost() -> None:
    for components in (b"", b"\x01\x00\x00", b"\x01\x11"):
        frame = struct.pack(">HBHHB", 8 + len(components), 8, 10, 10, 1) + components
        assert cost_of(b"\xff\xd8\xff\xc0" + frame + b"\xff\xd9") is None
