"""In processes of their own, so that nothing is left of a limit."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", f"from inference_server.runtime import memory\n{program}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_own_memory_is_what_a_process_holds_itself() -> None:
    program = """
before = memory.own_bytes()
held = bytearray(b"x") * 50_000_000
print(before > 0, 50 <= (memory.own_bytes() - before) / 1e6 < 52)
"""
    assert run(program) == "True True"


@pytest.mark.parametrize("hard", [False, True], ids=["no limit of the system's", "a limit of the system's"])
def test_growth_is_limited_until_the_limit_is_lifted(hard: bool) -> None:
    program = f"""
import resource
if {hard}:
    resource.setrlimit(resource.RLIMIT_DATA, (400_000_000, 400_000_000))
memory.limit_growth(20_000_000)
try:
    bytes(40_000_000)
except MemoryError:
    print("limited")
kept = bytes(10_000_000)
memory.limit_growth(60_000_000)
bytes(40_000_000)
memory.lift_limit()
bytes(200_000_000)
print("lifted")
"""
    assert run(program).split() == ["limited", "lifted"]


def test_freed_memory_is_given_back() -> None:
    program = """
import ctypes
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
blocks = [library.malloc(4000) for _ in range(10_000)]
for block in blocks:
    ctypes.memset(block, 1, 4000)
for block in blocks[:-1]:  # the last one keeps the heap's end from shrinking
    library.free(block)
held = memory.own_bytes()
memory.give_back()
print((held - memory.own_bytes()) // 1_000_000 >= 35)
"""
    assert run(program) == "True"
