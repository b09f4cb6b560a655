"""Options that several commands have, with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ecg import leads
from inference_server.runtime.settings import Settings, load_settings

AddressOption = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Ask a running server instead of working in this process.")
]
TokenOption = Annotated[
    str | None, typer.Option(envvar="BEATLENS_TOKEN", help="The token that the running server asks for.")
]
TlsOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Use TLS, and trust servers whose certificate is from this PEM.")
]
ModelsOption = Annotated[
    Path | None, typer.Option("--models", metavar="DIR", help="The model repository; default: BEATLENS_MODELS.")
]
#: What the files of recordings may leave open: :class:`ecg.formats.answers.Answers`.
RateOption = Annotated[float | None, typer.Option(help="Samples a second, where a file doesn't say.")]
UnitOption = Annotated[
    str | None, typer.Option(help="Unit of the samples where a file doesn't say: mV, uV, V, 4.88uV, ...")
]
LeadsOption = Annotated[
    list[str] | None,
    typer.Option("--lead", help="Name of a column where a file doesn't say; once for each, in order; - for no lead."),
]


def lead_name(label: str) -> str:
    """The canonical name of the lead that somebody names; empty where none is named.

    Raises:
        typer.BadParameter: it is no lead's name.
    """
    lead = leads.resolve(label) if label else ""
    if lead is None:
        raise typer.BadParameter(f"{label!r} is no lead's name. Leads are called II, aVF, V1 or MLII, for example.")
    return lead


def settings_with(models: Path | None) -> Settings:
    """The server's settings, with another model repository where one is named."""
    settings = load_settings()
    return settings if models is None else settings.model_copy(update={"models": models})


def made_folder(out: Path | None) -> None:
    """Make the folder of results where there is none yet; ends the program where that can't be."""
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        typer.echo(f"{out} can't be made: {error.strerror}.", err=True)
        raise typer.Exit(2) from None
