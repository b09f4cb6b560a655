"""A test that needs nothing starts at once: what is slow to load is loaded by the tests that use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLOW = {"django", "faker", "hypothesis", "keras", "matplotlib", "pandas", "playwright", "scipy", "tensorflow", "wfdb"}
PROGRAM = f"""
import sys, pytest
status = pytest.main(["-q", "-p", "no:cacheprovider", "tests/ecg/test_classes.py"])
print("loaded:", *sorted({SLOW} & set(sys.modules)))
sys.exit(status)
"""


def test_a_pure_test_loads_nothing_slow() -> None:
    # Without what the portal's tests set for themselves, when this one runs beside them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].split() == ["loaded:"]
