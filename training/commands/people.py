"""The command that tells what networks know of people whom they have never seen."""

from __future__ import annotations

from typing import Annotated

import typer

from training.commands.options import TableOption
from training.commands.stored import CheckOption, StoredArgument, require_reprinted, stored_predictions
from training.commands.terminal import print_table

PANEL = "Evaluation"


def people(
    stored: StoredArgument,
    confident: Annotated[
        bool, typer.Option("--confident", help="Instead: how often answers are confident, and how often right then.")
    ] = False,
    risk: Annotated[
        float | None, typer.Option(help="How many confident answers may be wrong, 0 to 1.", min=0, max=1)
    ] = None,
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Calibrate each fold on the other folds' people, as export does.")
    ] = False,
    out: TableOption = None,
    check: CheckOption = None,
) -> None:
    """Print the out-of-fold predictions of people-5fold by beat and by person, for each database, class and lead.

    With --confident, thresholds of each fold are those of the other folds' people.
    """
    from training.evaluation import confident_answers, out_of_fold
    from training.evaluation import people as by_person
    from training.learning import confidence

    if risk is not None and not confident:
        raise typer.BadParameter("--risk is for --confident.")
    folds = stored_predictions(stored)
    if calibrated:
        folds = out_of_fold.calibrated(folds)
    if confident:
        table = confident_answers.table(folds, risk=confidence.RISK if risk is None else risk)
    else:
        table = by_person.table(folds)
    print_table(table, out)
    require_reprinted(table, check)
