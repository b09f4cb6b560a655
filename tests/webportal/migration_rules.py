"""What a migration may do while portals and workers of the release before are still at work.

In a roll-out the tables change first, and programs of both releases use them for a while. So a column is added in a
way that the older release can write rows without it, and goes only one release after the last that used it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.models import Field, ManyToManyField
from django.db.models.fields import NOT_PROVIDED

#: What takes away or renames something that the older release still asks for.
_TAKES_AWAY = (RemoveField, RenameField, RenameModel, DeleteModel, AlterModelTable)


def unsafe(migration: Migration) -> list[str]:
    """The operations of a migration that the release before does not survive, in words; empty for a safe one."""
    return [problem for operation in migration.operations for problem in _problems(operation, migration)]


def _problems(operation: Operation, migration: Migration) -> Iterator[str]:
    if isinstance(operation, _TAKES_AWAY):
        yield f"{operation.describe()}: the release before still uses it"
    made_here = {one.name.lower() for one in migration.operations if isinstance(one, CreateModel)}
    if (
        isinstance(operation, AddField)
        and operation.model_name_lower not in made_here
        and not _is_written_without(operation.field)
    ):
        yield f"{operation.describe()}: the release before writes rows without it, give it null=True or a db_default"


def _is_written_without(field: Field) -> bool:  # type: ignore[type-arg]  # of any kind
    return isinstance(field, ManyToManyField) or field.null or field.db_default is not NOT_PROVIDED
