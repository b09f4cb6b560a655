"""``python -m training import-keras``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from inference_server.models.pixels_as_sent import Colour, Resample
from training.commands.terminal import console
from training.export.importing import importer, options

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="File that model.save() wrote (.h5, .keras), or the folder of a SavedModel.",
        exists=True,
    ),
]
ClassesOption = Annotated[
    str, typer.Option(help="Classes in the order of its outputs: PVC,NORMAL or SHORT=Full name, comma-separated.")
]
NameOption = Annotated[str, typer.Option(help="Name of the model in the repository.")]
RescaleOption = Annotated[
    str | None,
    typer.Option(
        help="What the old program multiplied grey levels by, such as 1/255, or three numbers for three channels;"
        " 1 where it did not. May be left out where the model scales pixels itself.",
        show_default=False,
    ),
]
OffsetOption = Annotated[str, typer.Option(help="What it added after that, such as -1, or three numbers.")]
ResampleOption = Annotated[
    str | None,
    typer.Option(
        help=f"How it resized pictures: {', '.join(Resample)} (tf.image.resize, OpenCV); the server then does the"
        f" same. {options.CANONICAL}: the server's own pixels instead. By default {Resample.NEAREST}, which was"
        f" Keras' own, and {options.CANONICAL} with --drawn or --ink.",
        show_default=False,
    ),
]
ColourOption = Annotated[
    str | None,
    typer.Option(
        help=f"What its pixels were: {', '.join(Colour)} (bgr as OpenCV reads them). By default rgb, or grey for"
        " one channel.",
        show_default=False,
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option(help="Width and height of its input, such as 224x224, where the model leaves them open."),
]
VersionOption = Annotated[str, typer.Option(help="Version to write: a positive whole number.")]
DrawnOption = Annotated[
    str | None,
    typer.Option(
        help="For canonical pixels: width and height of the pictures that it stretched to its input."
        " [default: 192x128]",
        show_default=False,
    ),
]
InkOption = Annotated[
    int | None,
    typer.Option(
        help="For canonical pixels: grey level of the line in those pictures. [default: 0]",
        min=0,
        max=254,
        show_default=False,
    ),
]
PicturesOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pictures to compare the programs on; by default drawn ones.", exists=True, file_okay=False
    ),
]
LicenceOption = Annotated[str, typer.Option(help="Licence notice of its training data.")]
ModelsOption = Annotated[Path, typer.Option("--models", help="The model repository.")]


def import_keras(
    source: SourceArgument,
    classes: ClassesOption,
    name: NameOption,
    rescale: RescaleOption = None,
    offset: OffsetOption = "0",
    resample: ResampleOption = None,
    colour: ColourOption = None,
    size: SizeOption = None,
    version: VersionOption = "1",
    drawn: DrawnOption = None,
    ink: InkOption = None,
    pictures: PicturesOption = None,
    licence: LicenceOption = "Not known.",
    models: ModelsOption = Path("models"),
) -> None:
    """Turn a Keras model that was trained elsewhere into a version that the inference server serves."""
    imported = importer.import_keras(
        source,
        options.parse_classes(classes),
        _preprocessing(rescale, offset, resample, colour, drawn, ink),
        models,
        name=name,
        version=version,
        licence=licence,
        size=(size and options.parse_size(size, "size")[::-1]) or None,
        pictures=pictures,
    )
    _say(imported)


def _preprocessing(
    rescale: str | None, offset: str, resample: str | None, colour: str | None, drawn: str | None, ink: int | None
) -> options.Preprocessing:
    canonical = {} if drawn is None else {"drawn": options.parse_size(drawn)}
    if resample is None:
        chosen = Resample.NEAREST if drawn is None and ink is None else None
    else:
        chosen = options.parse_resample(resample)
    if chosen is not None and not (drawn is None and ink is None):
        raise options.ImportRefused(f"--drawn and --ink are for --resample {options.CANONICAL}.")
    return options.Preprocessing(
        rescale=None if rescale is None else options.parse_rescale(rescale),
        offset=options.parse_offset(offset),
        resample=chosen,
        colour=None if colour is None else options.parse_colour(colour),
        ink=ink or 0,
        **canonical,
    )


def _say(imported: importer.Imported) -> None:
    answer = imported.answer
    lines = [
        f"{imported.model}: {imported.bytes:,} bytes from {answer.format}, largest difference between Keras and"
        f" onnxruntime {answer.parity:.1e} on {answer.pictures:,} pictures",
        f"the same class as the old program ({answer.old_program}) for {answer.same:,} of {answer.pictures:,} pictures,"
        " from the file on",
        *answer.notes,
    ]
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
    if imported.agreement < importer.LEAST_AGREEMENT:
        console.print(
            "[yellow]The server will answer otherwise than the old program now and then. With --resample nearest it"
            " does that program's own steps.[/]",
            soft_wrap=True,
        )
