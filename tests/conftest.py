"""What tests of several packages need."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from benchmarks.processes import free_ports

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Set Django up where the portal's tests are among those to run, and before any test is loaded: pytest-django then
    keeps tests without a database from any, and Django's set-up of logging closes nobody's stream.

    Interrupts are heard again: a shell that starts tests in the background has them, and what they start, hear none.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    portal = ROOT / "tests" / "webportal"
    wanted = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    if any(portal.is_relative_to(path.resolve()) for path in wanted):
        import tests.webportal  # noqa: F401


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave hypothesis' plugin out of the summary where no test has loaded hypothesis: it would load all of it, for a
    second, to say nothing. With several processes it has to tell what theirs found.
    """
    plugins = session.config.pluginmanager
    plugin = plugins.get_plugin("hypothesispytest")
    if plugin is not None and "hypothesis" not in sys.modules and not session.config.getoption("numprocesses", None):
        plugins.unregister(plugin)


@pytest.fixture(scope="session")
def mitdb() -> Path:
    """The MIT-BIH recordings; tests that ask for them are skipped where MITDB_DIR is not set."""
    folder = os.environ.get("MITDB_DIR")
    if not folder:
        pytest.skip("needs the MIT-BIH recordings: set MITDB_DIR to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium of this machine; tests in a browser are skipped without one, or fail where one is required."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        reason = "needs a Chromium: install one, or set CHROMIUM to its path"
        if os.environ.get("BEATLENS_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture
def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    return free_ports.free_port()
