"""Long tables continue where they were stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.evaluation.pages.finished import Finished, OtherTableError

SETTINGS = {"seed": 1, "partition": "test"}


def never() -> dict[str, object]:
    raise AssertionError("it is done already")


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "done.jsonl"
    first = Finished(path, SETTINGS)
    assert first.of("group/0", lambda: {"snr": 20.5, "error": float("nan")})["snr"] == 20.5
    again = Finished(path, SETTINGS)
    assert again.of("group/0", never)["snr"] == 20.5
    assert again.of("group/1", lambda: {"snr": 1.0}) == {"snr": 1.0}


def test_a_line_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "done.jsonl"
    Finished(path, SETTINGS).of("a", lambda: {"x": 1})
    with path.open("a", encoding="utf-8") as file:
        file.write('["b", {"x"')
    again = Finished(path, SETTINGS)
    assert again.of("a", never) == {"x": 1}
    assert again.of("b", lambda: {"x": 2}) == {"x": 2}
    assert Finished(path, SETTINGS).of("b", never) == {"x": 2}


@pytest.mark.parametrize("content", [b"", b'{"seed": 1, "part'])
def test_a_file_that_was_just_begun_is_begun_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "done.jsonl"
    path.write_bytes(content)
    Finished(path, SETTINGS).of("a", lambda: {"x": 1})
    assert Finished(path, SETTINGS).of("a", never) == {"x": 1}


def test_figures_of_other_settings_are_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "done.jsonl"
    Finished(path, SETTINGS).of("a", lambda: {"x": 1})
    with pytest.raises(OtherTableError, match="other settings"):
        Finished(path, {**SETTINGS, "seed": 2})
    path.write_text("group,pages\n1,2\n", encoding="utf-8")
    with pytest.raises(OtherTableError, match="can't be continued"):
        Finished(path, SETTINGS)


def test_without_a_file_figures_are_kept_for_the_run() -> None:
    done = Finished(None, SETTINGS)
    assert done.of("a", lambda: {"x": 1}) == done.of("a", never) == {"x": 1}
