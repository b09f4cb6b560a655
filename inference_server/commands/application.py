"""The command line as a whole: serving where no command is given, and the commands."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Coroutine
from typing import Any

import typer

from inference_server.commands import models, tokens
from inference_server.commands.analyzing import analyze
from inference_server.commands.classifying import classify
from inference_server.commands.digitizing import digitize
from inference_server.runtime.settings import Settings, SettingsError, load_settings

# The C core's own log lines are neither JSON nor for users; what goes wrong comes as an exception as well.
# It reads this when grpc is first imported, which nothing above does.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

app = typer.Typer(
    help="The Beatlens inference server. Settings come from BEATLENS_* in the environment (docs/integrators.md).",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models.app, name="models")
app.add_typer(tokens.app, name="tokens")
app.command()(classify)
app.command()(digitize)
app.command()(analyze)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Serve until SIGTERM or Ctrl-C, unless a command is given."""
    if context.invoked_subcommand is None:
        _serve(load_settings())


def _serve(settings: Settings) -> None:
    from inference_server.runtime import log

    log.configure(settings.log_level)
    if settings.used_fronts == 1:
        _run_one(settings)
    else:
        _run_several(settings)


def _run_one(settings: Settings) -> None:
    from inference_server.rpc.listening import AddressUnavailable, NotProtected
    from inference_server.rpc.server import TracingUnavailable, serve

    _until_stopped(serve(settings), AddressUnavailable, NotProtected, TracingUnavailable)


def _run_several(settings: Settings) -> None:
    from inference_server.fronts.supervisor import FrontsFailed, supervise
    from inference_server.rpc.listening import AddressUnavailable, NotProtected

    _until_stopped(supervise(settings), AddressUnavailable, NotProtected, FrontsFailed)


def _until_stopped(serving: Coroutine[Any, Any, None], *refusals: type[Exception]) -> None:
    import uvloop

    try:
        uvloop.run(serving)
    except refusals as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def run() -> None:
    """The command line; impossible settings end it with one line each."""
    for stream in (sys.stdout, sys.stderr):  # names of files need not be text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="python -m inference_server")
    except SettingsError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
