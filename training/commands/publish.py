"""Commands that bring a model to machines of others."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Bring a model to machines of others.", no_args_is_help=True)


@app.callback()
def publish() -> None:
    """Bring a model to machines of others."""


@app.command()
def watsonx(
    model: Annotated[Path, typer.Argument(help="Version: models/<name>/<version>.", exists=True, file_okay=False)],
    picture: Annotated[
        Path, typer.Option(help="Picture that the deployment is asked about.", exists=True, dir_okay=False)
    ],
    stored: Annotated[
        str | None, typer.Option(help="Id under which an earlier attempt has stored it: goes on from there.")
    ] = None,
) -> None:
    """Store a version in IBM watsonx.ai, deploy it and ask it once.

    WATSONX_URL, WATSONX_APIKEY and WATSONX_SPACE_ID say where.
    """
    from training.publishing import watsonx

    published = watsonx.publish(os.environ, model, picture.read_bytes(), stored=stored)
    typer.echo(json.dumps({"model": published.model_id, "deployment": published.deployment_id}))
    typer.echo(json.dumps(published.predictions))


@app.command()
def portable(
    model: Annotated[Path, typer.Argument(help="Version: models/<name>/<version>.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Argument(help="Model repository that it is written into.", file_okay=False)],
) -> None:
    """Write a version once more, with trees as older versions of onnxruntime know them; it answers the same."""
    from training.export import describing

    typer.echo(str(describing.portable(model, out)))
