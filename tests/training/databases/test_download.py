from __future__ import annotations

import functools
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.databases.download import download
from training.databases.marked import RecordsError
from training.databases.marked.mitdb import record_names


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(recordings: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server with a copy of the recordings and their checksums, as PhysioNet has them."""
    files = tmp_path / "site"
    files.mkdir()
    lines = []
    for path in sorted(recordings.iterdir()):
        content = path.read_bytes()
        (files / path.name).write_bytes(content)
        lines.append(f"{hashlib.sha256(content).hexdigest()} {path.name}")
    (files / "SHA256SUMS.txt").write_text("\n".join(lines) + "\n")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(files))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", files
        server.shutdown()
        thread.join()


def test_a_download_is_a_usable_records_folder(site: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = site
    out = tmp_path / "out"
    steps = list(download(out, url))
    assert steps[-1][1] == steps[-1][2] == 10
    assert record_names(out) == ["101", "112", "100"]


def test_a_file_that_is_there_and_whole_is_not_fetched_again(site: tuple[str, Path], tmp_path: Path) -> None:
    url, files = site
    out = tmp_path / "out"
    list(download(out, url))
    (files / "100.dat").unlink()
    list(download(out, url))


def test_a_damaged_file_is_refused(site: tuple[str, Path], tmp_path: Path) -> None:
    url, files = site
    (files / "100.dat").write_bytes(b"damaged")
    with pytest.raises(RecordsError, match=r"100\.dat arrived damaged"):
        list(download(tmp_path / "out", url))


def test_no_network_is_one_sentence(tmp_path: Path, free_port: int) -> None:
    with pytest.raises(RecordsError, match="failed"):
        list(download(tmp_path / "out", f"http://127.0.0.1:{free_port}/"))
