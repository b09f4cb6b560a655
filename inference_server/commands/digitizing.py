"""``python -m inference_server digitize``: strips and pages, from a picture to a WFDB record."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ecg.pictures.decoding import ImageError, ImageLimits
from ecg.pictures.files import LeftOut, walk
from inference_server.classification.page_messages import Digitized
from inference_server.commands import page_answering, page_corrections
from inference_server.commands.answering import Ask, NoAnswer, answer_about_file, connected
from inference_server.commands.options import AddressOption, TlsOption, TokenOption, made_folder
from inference_server.commands.page_outputs import SUFFIXES, write_page
from inference_server.commands.page_printing import Answer, ResultTable, line_of
from inference_server.commands.printing import end
from inference_server.commands.recording_outputs import OutputExists, check_free, names_of
from inference_server.runtime.settings import load_settings


def digitize(
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE...",
            help="Pictures of strips and pages: prints, scans, screens, photographs (PNG, JPEG, WebP, HEIC, AVIF, GIF,"
            " BMP, TIFF, PDF of one page), or folders that are looked through for them.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Write NAME.hea, NAME.dat and NAME.overlay.png of each into DIR.")
    ],
    address: AddressOption = None,
    token: TokenOption = None,
    tls_ca: TlsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, as pictures end.")] = False,
    speed: page_corrections.Speed = None,
    gain: page_corrections.Gain = None,
    layout: page_corrections.LayoutName = "",
    cabrera: page_corrections.Cabrera = None,
    corners: page_corrections.Corners = "",
    degrees: page_corrections.Degrees = None,
    region: page_corrections.Region = "",
    pixels_per_mm: page_corrections.PixelsPerMm = None,
    pixels_per_second: page_corrections.PixelsPerSecond = None,
    pixels_per_mv: page_corrections.PixelsPerMv = None,
    lead: page_corrections.LeadNames = None,
) -> None:
    """Digitize strips and pages. Exit code 1 when nothing was read of any of them; the others are written.

    Nothing is written over: a picture whose files are in DIR already is refused. One beat is no strip: classify it.
    """
    settings = load_settings()
    corrections = page_corrections.corrections_of(
        corners,
        region,
        lead,
        mm_per_second=speed,
        mm_per_mv=gain,
        layout=layout,
        cabrera=cabrera,
        degrees=degrees,
        pixels_per_mm=pixels_per_mm,
        pixels_per_second=pixels_per_second,
        pixels_per_mv=pixels_per_mv,
    )
    made_folder(out)
    with connected(address, token, tls_ca) if address else nullcontext() as client:
        if client is None:
            ask = page_answering.in_process(settings, corrections)
        else:
            ask = page_answering.by_client(client, corrections)
        _all(pictures, ask, settings.image_limits, out, as_json=as_json)


def _all(pictures: Sequence[Path], ask: Ask[Digitized], limits: ImageLimits, out: Path, *, as_json: bool) -> None:
    """Read all pictures and say what became of them."""
    errors = Console(stderr=True)
    items = [item for path in pictures for item in (walk(path) if path.is_dir() else [path])]
    names = iter(names_of([item for item in items if isinstance(item, Path)]))
    table = ResultTable()
    failed = False
    for item in items:
        answer: Answer = item if isinstance(item, LeftOut) else _one(item, ask, limits, out, next(names))
        failed |= isinstance(answer, NoAnswer) or (isinstance(answer, Digitized) and not answer.reading.leads)
        file = str(item.path if isinstance(item, LeftOut) else item)
        if as_json:
            sys.stdout.write(line_of(file, answer) + "\n")
            sys.stdout.flush()
        else:
            table.add(file, answer)
    table.print()
    empty = [path for path in pictures if path.is_dir() and not _has_pictures(path, items)]
    end(items, empty, "pictures", errors, as_json=as_json, failed=failed)


def _has_pictures(folder: Path, items: list[Path | LeftOut]) -> bool:
    return any(isinstance(item, Path) and folder in item.parents for item in items)


def _one(path: Path, ask: Ask[Digitized], limits: ImageLimits, out: Path, name: str) -> Answer:
    """What is read of one picture; its files are written where there are leads in it."""
    from ecg.pictures import confined
    from ecg.pictures.pages import overlay
    from ecg.pictures.pages.opening import upright_picture

    pictures: list[bytes] = []

    def asked(image: bytes) -> Digitized | NoAnswer:
        pictures.append(image)
        return ask(image)

    try:
        check_free(out, name, SUFFIXES)
        answer = answer_about_file(path, asked, limits, taken=page_answering.TAKEN)
        if isinstance(answer, Digitized) and answer.reading.leads:
            picture = upright_picture(confined.to_native(pictures[-1], limits).data, limits)
            write_page(out, name, answer, overlay.laid_over(picture, answer.overlay))
        return answer
    except OutputExists as error:
        return NoAnswer("OUTPUT_EXISTS", str(error))
    except ImageError as error:
        return NoAnswer(error.reason, str(error))
    except OSError as error:
        return NoAnswer("DISK_FAILED", f"Writing failed: {error.strerror or error}.")
