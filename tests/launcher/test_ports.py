from __future__ import annotations

import pytest

from launcher.errors import LaunchError
from launcher.ports import port_from, require_free


def test_ports_come_from_the_environment_with_defaults() -> None:
    assert port_from({}, "PORT", 8000) == 8000
    assert port_from({"PORT": ""}, "PORT", 8000) == 8000
    assert port_from({"PORT": "8080"}, "PORT", 8000) == 8080


@pytest.mark.parametrize("text", ["eighty", "-1", "0", "65536", "80.5"])
def test_what_is_no_port_is_said(text: str) -> None:
    with pytest.raises(LaunchError, match=f"PORT={text} is not a port number"):
        port_from({"PORT": text}, "PORT", 8000)


def test_a_free_port_is_fine(free_port: int) -> None:
    require_free(free_port, "PORT")
