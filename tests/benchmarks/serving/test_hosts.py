"""Servers on several hosts, at its smallest; needs root and network namespaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.serving import hosts, namespaces
from benchmarks.serving.hosts import TAKE_OVER_SECONDS
from tests.inference_server.pictures import picture
from tests.inference_server.tiny_models import write_model

pytestmark = pytest.mark.skipif(not namespaces.available(), reason="needs root and network namespaces (iproute2)")


def test_no_call_is_lost_when_one_of_three_servers_is_cut_off_and_one_killed(tmp_path: Path) -> None:
    write_model(tmp_path)
    phases = hosts.run(tmp_path, picture(), seconds=3, callers=3)
    assert [phase.failed for phase in phases] == [[], [], []]
    assert all(phase.answered for phase in phases)
    # The cut is seen (a call hangs until the connection is given up), and the rest has taken over soon after.
    assert 0.5 < max(phases[1].answered) < 2 * TAKE_OVER_SECONDS
