"""A PostgreSQL server of one's own for as long as a command runs.

``python -m benchmarks.processes.postgresql COMMAND…``, for tests and benchmarks. The command finds the address of an
empty database in ``BEATLENS_DATABASE_URL``. With ``--keep FOLDER`` the data stays in that folder for the next time;
otherwise it is thrown away, and nothing waits for the disk. Only this machine's user can connect: there is no port,
just a socket in a private folder.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.processes.programs import stop

#: How long the server may take to start or to stop, seconds.
PATIENCE = 60.0
DATABASE = "beatlens"
_SUPERUSER = "postgres"
#: Debian keeps each version in a folder of its own, outside the PATH.
_DEBIAN = Path("/usr/lib/postgresql")


class PostgresqlMissingError(Exception):
    """PostgreSQL isn't installed, or can't be run by this user; the message says which."""


def programs() -> Path:
    """The folder with ``initdb`` and ``postgres``, of the newest version installed.

    Raises:
        PostgresqlMissingError: there is none.
    """
    if initdb := shutil.which("initdb"):
        folder = Path(initdb).resolve().parent
        if (folder / "postgres").exists():
            return folder
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not versions:
        raise PostgresqlMissingError("PostgreSQL isn't installed (Debian: apt-get install postgresql).")
    return versions[-1].parent


class Server:
    """A server's process on its data, which can be ended and started again."""

    def __init__(self, folder: Path, sockets: Path, arguments: Sequence[str], identity: _Identity) -> None:
        self.url = f"postgres://{_SUPERUSER}@/{sockets}/{DATABASE}"
        """Address of its database, as Django's settings take it."""
        self.dsn = f"host={sockets} user={_SUPERUSER} dbname={DATABASE}"
        """The same as PostgreSQL's own programs take it."""
        self._command, self._folder, self._sockets = [str(folder / "postgres"), *arguments], folder, sockets
        self._identity = identity
        self._start()

    def restart(self, *, away: float = 0.0) -> None:
        """End it, cutting off whoever is connected, and start it again so many seconds later, as after a failover."""
        self.stop()
        time.sleep(away)
        self._start()
        self.wait()

    def _start(self) -> None:
        with (self._sockets / "log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=output,
                cwd=self._sockets,
                start_new_session=True,  # Ctrl-C is for the command; the server stops after it
                **self._identity,
            )

    def wait(self) -> None:
        """Until it takes connections.

        Raises:
            RuntimeError: it didn't start; says why.
        """
        _wait(self._process, self._folder, self._sockets, self._sockets / "log")

    def stop(self) -> None:
        """End it "fast": whoever is still connected is cut off."""
        stop(self._process, seconds=PATIENCE, by=signal.SIGINT)


@contextlib.contextmanager
def running(keep: Path | None = None, options: Sequence[str] = ()) -> Iterator[str]:
    """The address of a :func:`server`'s database, ``postgres://…``."""
    with server(keep, options) as started:
        yield started.url


@contextlib.contextmanager
def server(keep: Path | None = None, options: Sequence[str] = ()) -> Iterator[Server]:
    """A running server with a database.

    ``options`` are settings of the server, ``name=value``. The data lies in ``keep``, which is made when it isn't
    there, and durably so; without it in a temporary folder.

    Raises:
        PostgresqlMissingError: see :func:`programs`; or root has no user ``postgres`` to run it as.
        RuntimeError: the server didn't start; says why.
    """
    folder = programs()
    identity = _identity()
    with tempfile.TemporaryDirectory(prefix="beatlens-pg-") as temporary:
        sockets = Path(temporary)
        data = keep.resolve() if keep else sockets / "data"
        for path in (sockets, data):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if identity:
                os.chown(path, identity["user"], identity["group"])
        if not (data / "PG_VERSION").exists():
            kind = ["--auth=trust", f"--username={_SUPERUSER}", "--encoding=UTF8", "--locale=C.UTF-8"]
            _succeed([str(folder / "initdb"), *kind, "--no-sync", "--no-instructions", str(data)], identity)
        settings = ["listen_addresses=", f"unix_socket_directories={sockets}", "unix_socket_permissions=0700"]
        if keep is None:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        arguments = [part for setting in (*settings, *options) for part in ("-c", setting)]
        started = Server(folder, sockets, ["-D", str(data), *arguments], identity)
        try:
            started.wait()
            _create_database(folder, sockets, identity)
            yield started
        finally:
            started.stop()


class _Identity(TypedDict, total=False):
    """Whom a process runs as; empty for oneself."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


def _identity() -> _Identity:
    """Oneself, but never root."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam(_SUPERUSER)
    except KeyError as error:
        raise PostgresqlMissingError("PostgreSQL doesn't run as root, and there is no user postgres.") from error
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}


def _run(command: Sequence[str], identity: _Identity) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=PATIENCE, **identity)


def _succeed(command: Sequence[str], identity: _Identity) -> None:
    done = _run(command, identity)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def _wait(server: subprocess.Popen[bytes], folder: Path, sockets: Path, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while subprocess.run([str(folder / "pg_isready"), "--quiet", f"--host={sockets}"], check=False).returncode:
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"PostgreSQL didn't start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def _create_database(folder: Path, sockets: Path, identity: _Identity) -> None:
    """Make the database unless it is there from an earlier time."""
    whom = [f"--host={sockets}", f"--username={_SUPERUSER}"]
    if _run([str(folder / "psql"), *whom, "--no-psqlrc", "--command=", DATABASE], identity).returncode:
        _succeed([str(folder / "createdb"), *whom, DATABASE], identity)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command beside a server; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.processes.postgresql", description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder for the data, kept for the next time")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run beside the server")
    chosen = parser.parse_args(arguments)
    if not chosen.command:
        parser.error("name a command to run")
    try:
        with running(chosen.keep) as url:
            environment = os.environ | {"BEATLENS_DATABASE_URL": url}
            return subprocess.run(chosen.command, env=environment, check=False).returncode
    except PostgresqlMissingError as missing:
        required = os.environ.get("BEATLENS_REQUIRE_POSTGRES") == "1"
        print(f"beatlens: {missing}{'' if required else ' Skipped.'}", file=sys.stderr)  # noqa: T201 - for a terminal
        return 1 if required else 0


if __name__ == "__main__":
    sys.exit(main())
