"""``python -m inference_server tokens``: who may call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from inference_server.runtime.settings import load_settings
from inference_server.runtime.tokens import Scope, TokenFileError, TokenStore

app = typer.Typer(help="Create, list and revoke the tokens that callers send.", no_args_is_help=True)

_File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The token file; default: BEATLENS_TOKENS.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is: letters, digits, '.', '_', '-'.")]


def _store(file: Path | None) -> TokenStore:
    path = file or load_settings().tokens
    if path is None:
        typer.echo("Which file? Give --file or set BEATLENS_TOKENS.", err=True)
        raise typer.Exit(2)
    return TokenStore(path)


@app.command()
def create(
    name: _Name,
    scope: Annotated[list[Scope] | None, typer.Option(help="What it allows; may be repeated.")] = None,
    calls_per_second: Annotated[float | None, typer.Option(help="Calls allowed each second.", min=0.001)] = None,
    file: _File = None,
) -> None:
    """Make a token and print it. It is shown this once; the file keeps only its hash."""
    try:
        secret = _store(file).create(name, scope or [Scope.CLASSIFY], calls_per_second)
    except (TokenFileError, ValidationError) as error:
        message = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        typer.echo(message, err=True)
        raise typer.Exit(1) from None
    typer.echo(secret)


@app.command("list")
def list_tokens(file: _File = None) -> None:
    """Show the tokens' names, scopes and rates."""
    try:
        tokens = _store(file).tokens()
    except TokenFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    table = Table("name", "scopes", "calls/s", "created", box=None, pad_edge=False)
    for token in tokens:
        rate = "" if token.calls_per_second is None else f"{token.calls_per_second:g}"
        table.add_row(token.name, ", ".join(token.scopes), rate, f"{token.created:%Y-%m-%d %H:%M}")
    Console(width=None if sys.stdout.isatty() else 10_000).print(table)


@app.command()
def revoke(name: _Name, file: _File = None) -> None:
    """Take a token away. Running servers follow within a second."""
    try:
        _store(file).revoke(name)
    except TokenFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"The token {name} is revoked.")
