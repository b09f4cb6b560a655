from __future__ import annotations

import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from inference_server.commands.application import app
from inference_server.runtime import tokens
from inference_server.runtime.tokens import Scope, TokenFileError, TokenStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture(autouse=True)
def look_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_LOOK_SECONDS", 0.0)


def test_a_token_is_found_by_itself_only(path: Path) -> None:
    store = TokenStore(path)
    secret = store.create("archive", [Scope.CLASSIFY])
    token = store.find(secret)
    assert token is not None
    assert (token.name, token.scopes) == ("archive", [Scope.CLASSIFY])
    assert store.find(secret[:-1]) is None
    assert store.find("") is None
    assert store.find(token.sha256) is None


def test_only_the_hash_is_kept_and_only_the_owner_may_read_it(path: Path) -> None:
    secret = TokenStore(path).create("archive", [Scope.CLASSIFY])
    assert secret not in path.read_text()
    assert secret.removeprefix("beatlens_") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_changes_at_the_same_time_lose_nothing(path: Path) -> None:
    """The command line and the portal may make tokens in the same moment."""
    names = [f"system-{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: TokenStore(path).create(name, [Scope.CLASSIFY]), names))
    assert sorted(token.name for token in TokenStore(path).tokens()) == sorted(names)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: TokenStore(path).revoke(name), names[::2]))
    assert sorted(token.name for token in TokenStore(path).tokens()) == sorted(names[1::2])


def test_a_change_waits_for_another_only_so_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_CHANGE_SECONDS", 0.1)
    store = TokenStore(path)
    with store._changing(), pytest.raises(TokenFileError, match="is being changed by somebody else"):
        TokenStore(path).create("archive", [Scope.CLASSIFY])
    store.create("archive", [Scope.CLASSIFY])


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match=r"can't be written: No such file or directory\."):
        TokenStore(tmp_path / "missing" / "tokens.json").create("archive", [Scope.CLASSIFY])


def test_a_running_store_follows_the_file(path: Path) -> None:
    running = TokenStore(path)
    assert running.find("anything") is None
    secret = TokenStore(path).create("archive", [Scope.CLASSIFY])
    assert running.find(secret) is not None
    TokenStore(path).revoke("archive")
    assert running.find(secret) is None


def test_a_damaged_file_lets_nobody_in(path: Path) -> None:
    store = TokenStore(path)
    secret = store.create("archive", [Scope.CLASSIFY])
    assert store.find(secret) is not None
    path.write_text("{")
    with pytest.raises(TokenFileError):
        store.find(secret)
    with pytest.raises(TokenFileError):
        store.find(secret)


def test_names_are_unique_and_plain(path: Path) -> None:
    store = TokenStore(path)
    store.create("archive", [Scope.CLASSIFY])
    with pytest.raises(TokenFileError, match="archive"):
        store.create("archive", [Scope.MODELS_WRITE])
    with pytest.raises(ValidationError):
        store.create("two words", [Scope.CLASSIFY])
    with pytest.raises(TokenFileError, match="nobody"):
        store.revoke("nobody")


def test_a_rate_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    store = TokenStore(path)
    slow = store.find(store.create("slow", [Scope.CLASSIFY], calls_per_second=2))
    free = store.find(store.create("free", [Scope.CLASSIFY]))
    assert slow is not None
    assert free is not None
    assert [store.wait(slow) for _ in range(2)] == [0.0, 0.0]
    assert store.wait(slow) == pytest.approx(0.5)
    now[0] += 0.5
    assert store.wait(slow) == 0.0
    assert store.wait(slow) > 0
    assert not any(store.wait(free) for _ in range(1000))


def test_the_command_line_makes_lists_and_revokes(path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["tokens", *arguments, "--file", str(path)])
        return result.exit_code, result.output

    code, output = run("create", "archive", "--scope", "classify", "--scope", "models:write", "--calls-per-second", "5")
    assert code == 0
    token = TokenStore(path).find(output.strip())
    assert token is not None
    assert (token.scopes, token.calls_per_second) == ([Scope.CLASSIFY, Scope.MODELS_WRITE], 5.0)
    code, output = run("list")
    assert output.splitlines()[1].split()[:4] == ["archive", "classify,", "models:write", "5"]
    assert run("create", "archive")[0] == 1
    assert run("create", "no good")[0] == 1
    assert run("revoke", "archive")[0] == 0
    assert run("revoke", "archive")[0] == 1
    assert TokenStore(path).tokens() == []
