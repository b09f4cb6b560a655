"""Analyses as a table for other programs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from webportal.analyses.models import Analysis

#: A cell that begins with one of these is run as a formula by spreadsheet programs (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

COLUMNS = (
    "id",
    "sent",
    "label",
    "state",
    "reason",
    "class",
    "class_name",
    "probability",
    "verdict",
    "prediction_set",
    "model",
    "model_version",
    "review_class",
    "review_agrees",
    "review_comment",
    "sha256",
)


class _Echo:
    """A file that hands each line straight back."""

    def write(self, line: str) -> str:
        return line


def cell(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(analyses: Iterable[Analysis]) -> Iterator[str]:
    """One line of CSV for the column names and one for each analysis, as they come from the database."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)  # the mark tells spreadsheet programs that this is UTF-8
    for analysis in analyses:
        review = next(iter(analysis.reviews.all()), None)
        yield writer.writerow(
            cell(value)
            for value in (
                analysis.pk,
                analysis.created_at.isoformat(),
                analysis.upload.label,
                analysis.state,
                analysis.reason,
                analysis.class_short,
                analysis.class_name,
                analysis.probability,
                analysis.verdict,
                " ".join(entry["short"] for entry in analysis.prediction_set),
                analysis.model_name,
                analysis.model_version,
                review.class_short if review else "",
                ("yes" if review.agrees else "no") if review else "",
                review.comment if review else "",
                analysis.upload.sha256,
            )
        )
