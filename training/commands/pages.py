"""Commands about pages and strips: draw them with their truth, train what finds traces on them, measure the reading."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.commands.options import MODELS, RUNS, ModelsOption, TableOption, ThreadsOption
from training.commands.terminal import console, print_table, progress_bar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecg.pictures.pages.result import PageReading
    from training.pages.plans import Wish

app = typer.Typer()
PANEL = "Pages"
SERVED = MODELS / "ecg-page" / "1"
"""The version of the model for pages that ships."""

PartitionOption = Annotated[
    str, typer.Option("--partition", help="Partition whose people are drawn: train, validation or test.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the random numbers: equal seeds give equal pages.")]


@app.command(name="pages", rich_help_panel=PANEL)
def draw(
    out: Annotated[Path, typer.Argument(help="Folder to write pictures and what is known of them into.")],
    count: Annotated[int, typer.Option("--count", help="How many pages.", min=1)] = 100,
    partition: PartitionOption = "train",
    layout: Annotated[
        str, typer.Option("--layout", help="Layout of the leads: 1x1, 3x4+1, …; random where none is named.")
    ] = "",
    medium: Annotated[
        str,
        typer.Option("--medium", help="clean, scan, photograph, screenshot or monitor; random where none is named."),
    ] = "",
    seed: SeedOption = 1,
) -> None:
    """Draw pages and strips from recordings, with every trace known. A stopped run continues where it was."""
    from training.pages import folder
    from training.pages.plans import Pool

    pool = Pool.of(partition)
    with progress_bar() as progress:
        task = progress.add_task("pages", total=count)
        for done in folder.write(pool, out, count, seed, _wish(layout, medium)):
            progress.update(task, completed=done)
    console.print(f"{out} has {count} pages of the {partition} partition")


def _wish(layout: str, medium: str) -> Wish:
    from training.pages.capture import Medium
    from training.pages.making import LAYOUTS
    from training.pages.plans import Wish

    if layout and layout not in LAYOUTS:
        raise typer.BadParameter(f"{layout!r} is none of {', '.join(LAYOUTS)}.")
    media = {kind.value: kind for kind in Medium}
    if medium and medium not in media:
        raise typer.BadParameter(f"{medium!r} is none of {', '.join(media)}.")
    return Wish(layout or None, media.get(medium))


@app.command(name="pages-train", rich_help_panel=PANEL)
def train(
    data: Annotated[Path, typer.Option("--data", help="Folder of drawn pages.")] = Path("var/pages/train"),
    run: Annotated[Path, typer.Option("--run", help="Folder of the run.")] = RUNS / "ecg-page",
    steps: Annotated[int, typer.Option("--steps", help="Batches of eight squares.", min=1)] = 6000,
    seed: SeedOption = 0,
    threads: ThreadsOption = 0,
) -> None:
    """Train the network that tells traces from grid and text. A stopped run continues where it was."""
    from training.datasets.pages.crops import drawn_pages
    from training.learning.fitting import use_threads
    from training.learning.pages.fitting import Fit, fit

    use_threads(threads)
    with progress_bar() as progress:
        task = progress.add_task("reading pages", total=steps)

        def report(done: int, loss: float) -> None:
            progress.update(task, completed=done, description=f"loss {loss:.3f}")

        fit(drawn_pages(data), Fit(steps=steps, seed=seed), run, report)
    console.print(f"{run} has the network")


@app.command(name="pages-export", rich_help_panel=PANEL)
def export(
    run: Annotated[Path, typer.Option("--run", help="Folder of the finished run.")] = RUNS / "ecg-page",
    data: Annotated[Path, typer.Option("--data", help="Drawn pages that it was trained on.")] = Path("var/pages/train"),
    scored: Annotated[Path, typer.Option("--scored", help="Drawn pages of people whom it doesn't know.")] = Path(
        "var/pages/validation"
    ),
    models: ModelsOption = MODELS,
    version: Annotated[str, typer.Option("--version", help="Version to write.")] = "1",
) -> None:
    """Write the trained network as a version of the model for pages, with its card."""
    from training.evaluation.pages import card
    from training.export import page_export

    written = page_export.export_run(run, data, scored, models, version)
    folder = models / page_export.NAME
    (folder / "MODEL_CARD.md").write_text(card.card(folder / version), encoding="utf-8")
    console.print(f"wrote {written}, {written.stat().st_size / 1e6:.2f} MB")


@app.command(name="pages-table", rich_help_panel=PANEL)
def table(
    count: Annotated[int, typer.Option("--count", help="Pages of each group.", min=1)] = 40,
    seed: SeedOption = 2026,
    partition: PartitionOption = "test",
    groups: Annotated[str, typer.Option("--groups", help="Only groups whose names hold this.")] = "",
    network: Annotated[Path, typer.Option("--network", help="Version of the model for pages.")] = SERVED,
    ink_alone: Annotated[bool, typer.Option("--ink-alone", help="Read pages without that model.")] = False,
    recordings: Annotated[
        Path | None, typer.Option("--classes", help="Version of the model for recordings that compares beats' classes.")
    ] = None,
    refusals: Annotated[int, typer.Option("--refusals", help="Pictures of each kind without an ECG.", min=0)] = 10,
    finished: Annotated[
        Path | None, typer.Option("--finished", help="File of what is done: a stopped run continues where it was.")
    ] = None,
    out: TableOption = None,
) -> None:
    """Read drawn pages of the test partition, or of another one, and pictures without an ECG; print how that went."""
    import pandas as pd

    from ecg.pictures.pages.reading import read
    from training.evaluation.pages import answers, tables
    from training.evaluation.pages.finished import Finished
    from training.evaluation.pages.scoring import PageScore
    from training.pages.plans import Pool

    probabilities = None if ink_alone else answers.ink_by(network)
    classify = answers.classifier_of(recordings) if recordings else None
    pool = Pool.of(partition)
    settings = {
        "seed": seed,
        "partition": partition,
        "network": "" if ink_alone else str(network),
        "classes": str(recordings),
        "figures": [field.name for field in fields(PageScore)],
    }
    done = Finished(finished, settings)
    wanted = [group for group in tables.GROUPS if groups in group.name]
    rows = []

    def reader(pixels: NDArray[np.uint8]) -> PageReading:
        return read(pixels, probabilities)

    with progress_bar() as progress:
        task = progress.add_task("pages", total=count * len(wanted))
        for group in wanted:
            pages = []
            for page in tables.scores(pool, group, count, seed, reader, classify, done):
                pages.append(page)
                progress.advance(task)
            rows.append(tables.row(group.name, pages))
    print_table(pd.DataFrame(rows), out)
    if refusals:
        refused = tables.refusals(refusals, seed, reader, done)
        print_table(refused, out.with_suffix(".refusals.csv") if out else None)
