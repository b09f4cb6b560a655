"""``python -m training.databases``: what there is, and who is in which fold."""

from __future__ import annotations

from typing import Annotated

import typer

from training.databases import catalogue, certainty_measurement, people
from training.databases.database import Entry, RecordsError
from training.databases.mitdb import MITDB
from training.databases.registry import DATABASES

app = typer.Typer(
    help="The databases of recordings: what the folders hold that the settings name.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _entries() -> dict[str, list[Entry]]:
    """The records of every database whose setting names a folder."""
    there = [database for database in DATABASES.values() if database.is_set]
    if not there:
        settings = ", ".join(database.setting for database in DATABASES.values())
        raise RecordsError(f"No setting names a folder of recordings; there are {settings}.")
    return {database.name: database.entries() for database in there}


@app.command()
def page(
    *, write: Annotated[bool, typer.Option("--write", help="Write it to training/databases/README.md.")] = False
) -> None:
    """Print the page that lists the databases."""
    text = catalogue.page(_entries(), DATABASES.values())
    if write:
        catalogue.PAGE.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)


@app.command()
def folds(
    *,
    write: Annotated[bool, typer.Option("--write", help="Write them to training/databases/folds.csv.")] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Divide everybody again, as if nobody had a fold. Old figures then end.")
    ] = False,
) -> None:
    """Give everybody who is new a fold; those who have one keep it."""
    stored = {} if afresh else people.stored_folds()
    entries = [entry for own in _entries().values() for entry in own]
    divided = people.divided(entries, stored)
    new = len(divided.keys() - stored.keys())
    typer.echo(f"{len(divided)} groups of people, {new} of them new.")
    if write:
        people.store_folds(stored | divided)


@app.command()
def certainty() -> None:
    """Print how often premature beats that are told from a record's label are right, measured on MIT-BIH."""
    records = (MITDB.read(entry) for entry in MITDB.entries())
    typer.echo(certainty_measurement.table(certainty_measurement.measured(records)))


def main() -> None:
    """Run a command; what can't be used is said in a sentence."""
    try:
        app()
    except RecordsError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
