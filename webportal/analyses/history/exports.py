"""Analyses for other programs: a table of some, an archive of all that a person has."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Max, QuerySet
from django.db.models.fields.files import FieldFile

from webportal.accounts.models import User
from webportal.analyses import answers
from webportal.analyses.models import Analysis, Batch, BatchFile, Upload

#: A cell that begins with one of these is run as a formula by spreadsheet programs (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

COLUMNS = (
    "id",
    "sent",
    "label",
    "file_name",
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
    "reviewer_class",
    "reviewer_comment",
    "tags",
    "notes",
    "earlier",
    "sha256",
    "not_a_beat_reason",
    "beats",
    "lead",
    "lead_knowledge",
)


#: What is told of a picture beside its analyses.
UPLOAD_FIELDS = ("label", "file_name", "sha256", "width", "height", "media_type")

#: Columns of a batch's files before those of their analyses.
BATCH_COLUMNS = ("file", "entry", "sent_name", "outcome", "not_accepted", "sent_before")


class _Echo:
    """A file that hands each line straight back."""

    def write(self, line: str) -> str:
        return line


def cell(value: object) -> str:
    """``value`` as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def classes_of(analyses: QuerySet[Analysis]) -> list[str]:
    """Short names of every class that the models behind these answers know, in the models' own order, newest first."""
    versions = (
        analyses.filter(state=Analysis.State.DONE).order_by().values("model_name", "model_version")
        .annotate(newest=Max("created_at")).order_by("-newest")
    )  # fmt: skip
    shorts: dict[str, None] = {}
    for version in versions:
        model = {name: version[name] for name in ("model_name", "model_version")}
        stored = analyses.filter(state=Analysis.State.DONE, **model).order_by().values_list("probabilities", flat=True)
        for probabilities in stored[:1]:
            shorts |= dict.fromkeys(entry["short"] for entry in probabilities)
    return list(shorts)


def csv_lines(analyses: Iterable[Analysis], *, classes: Sequence[str]) -> Iterator[str]:
    """One line of CSV for the column names and one for each analysis, as they come from the database.

    After :data:`COLUMNS` stands the probability of each of ``classes``, by short name; empty where there is none.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(
        map(cell, _names(classes))
    )  # the mark tells spreadsheet programs that this is UTF-8
    for analysis in analyses:
        yield writer.writerow(_cells(analysis, classes))


def batch_csv_lines(files: Iterable[BatchFile], *, classes: Sequence[str]) -> Iterator[str]:
    """The same for the files of a batch: of each what became of it, and where there is one its analysis."""
    writer = csv.writer(_Echo())
    names = _names(classes)
    yield "\ufeff" + writer.writerow(map(cell, (*BATCH_COLUMNS, *names)))
    for file in files:
        sent = (file.place + 1, file.entry + 1, file.name, file.outcome, file.reason, "yes" if file.is_repeated else "")
        cells = _cells(file.analysis, classes) if file.analysis else [""] * len(names)
        yield writer.writerow([*map(cell, sent), *cells])


def _names(classes: Sequence[str]) -> list[str]:
    return [*COLUMNS, *(f"probability_{short}" for short in classes)]


def _cells(analysis: Analysis, classes: Sequence[str]) -> list[str]:
    answer = answers.shown(analysis)
    shares = {entry["short"]: entry["probability"] for entry in answer.probabilities}
    review, second = analysis.review_by(analysis.owner_id), analysis.review_by_reviewer
    return [
        cell(value)
        for value in (
            analysis.pk,
            analysis.created_at.isoformat(),
            analysis.upload.label,
            analysis.upload.file_name,
            analysis.state,
            analysis.reason,
            answer.class_short,
            answer.class_name,
            answer.probability,
            answer.verdict,
            " ".join(entry["short"] for entry in answer.prediction_set),
            analysis.model_name,
            analysis.model_version,
            review.class_short if review else "",
            ("yes" if review.agrees else "no") if review else "",
            review.comment if review else "",
            second.class_short if second else "",
            second.comment if second else "",
            ", ".join(tag.name for tag in analysis.tags.all()),
            analysis.notes,
            analysis.earlier_id,
            analysis.upload.sha256,
            answer.not_a_beat_reason,
            answer.beats,
            analysis.lead,
            answer.lead_knowledge,
            *(shares.get(short) for short in classes),
        )
    ]


def json_lines(analyses: Iterable[Analysis]) -> Iterator[str]:
    """A JSON array, one analysis to a line, as they come from the database."""
    yield "["
    for place, analysis in enumerate(analyses):
        upload = {name: getattr(analysis.upload, name) for name in UPLOAD_FIELDS}
        yield (",\n" if place else "\n") + _json(upload | _answered(analysis), indent=None)
    yield "\n]\n"


def write_uploads(user: User, archive: zipfile.ZipFile) -> None:
    """Write what ``user`` sent and what came of it: uploads.json, and by upload id the pictures and the originals that
    were stored. A picture whose file is missing is ``null`` in uploads.json.
    """
    uploads = (
        Upload.objects.filter(owner=user)
        .prefetch_related("analyses__reviews", "analyses__tags")
        .order_by("created_at", "id")
    )
    described = []
    for upload in uploads.iterator(chunk_size=200):
        name = f"pictures/{upload.pk}.{upload.media_type.removeprefix('image/')}"
        described.append(_described(upload, name if _is_written(archive, upload.picture, name) else None))
        _is_written(archive, upload.original, f"originals/{name.rpartition('/')[2]}")
    archive.writestr("uploads.json", _json(described))


def write_batches(user: User, archive: zipfile.ZipFile) -> None:
    """Write what ``user`` sent together: batches.json."""
    batches = Batch.objects.filter(owner=user).prefetch_related("files").order_by("created_at", "id")
    archive.writestr("batches.json", _json([_batch(batch) for batch in batches]))


def _is_written(archive: zipfile.ZipFile, stored: FieldFile, path: str) -> bool:
    """Copy a file into the archive; one that is missing must not keep anybody from taking the rest along."""
    if not stored:
        return False
    try:
        source = stored.open("rb")
    except FileNotFoundError:
        return False
    with source as file, archive.open(path, "w") as entry:
        for chunk in file.chunks():
            entry.write(chunk)
    return True


def _described(upload: Upload, picture: str | None) -> dict[str, Any]:
    return {
        "picture": picture,
        **{name: getattr(upload, name) for name in ("id", "label", "file_name", "size", "sha256", "created_at")},
        "analyses": [_answered(analysis) for analysis in upload.analyses.all()],
    }


def _batch(batch: Batch) -> dict[str, Any]:
    fields = ("place", "entry", "name", "analysis_id", "reason", "is_repeated")
    return {name: getattr(batch, name) for name in ("id", "name", "expected", "created_at", "trashed_at")} | {
        "files": [{name: getattr(file, name) for name in fields} for file in batch.files.all()]
    }


def _answered(analysis: Analysis) -> dict[str, Any]:
    fields = ("id", "state", "reason", "error_id", "created_at", "finished_at", "trashed_at", "shared_at", "earlier_id")
    by = ("lead", "model_name", "model_version", "notes")
    answer = answers.shown(analysis)
    written = ("class_short", "class_name", "agrees", "is_blind", "comment", "created_at")
    return {
        **{name: getattr(analysis, name) for name in (*fields, *by)},
        **{name: getattr(answer, name) for name in answers.SHOWN_COLUMNS},
        "tags": [tag.name for tag in analysis.tags.all()],
        "reviews": [
            {name: getattr(review, name) for name in written}
            | {"by": "owner" if review.author_id == analysis.owner_id else "reviewer"}
            for review in analysis.reviews.all()
        ],
    }


def _json(value: object, indent: int | None = 1) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, indent=indent)
