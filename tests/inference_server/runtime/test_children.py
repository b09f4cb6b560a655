"""Processes that a process of ours starts for itself."""

from __future__ import annotations

import socket

import pytest

from inference_server.runtime import children


def test_a_child_has_the_descriptors_that_it_was_given_and_is_ended_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"42")
        # ``timeit`` runs a statement that is given on the command line.
        statement = f"import socket; s = socket.socket(fileno={theirs.fileno()}); s.sendall(s.recv(2)); s.recv(1)"
        child = children.start("timeit", "-n1", "-r1", statement, descriptors=(theirs.fileno(),))
        ours.settimeout(30)
        assert ours.recv(2) == b"42"
        children.end(child)
        assert child.returncode == -9


def test_settings_of_the_allocator_that_people_make_are_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    environment = children.calculating()
    assert (environment["MALLOC_ARENA_MAX"], environment["OMP_NUM_THREADS"]) == ("7", "1")
