"""Tables change while programs of the release before are at work: every migration leaves them what they use."""

from __future__ import annotations

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from tests.webportal.migration_rules import unsafe

#: Migrations of before this rule, or second steps: what they take away, or ask for, no program of the release before
#: them uses. Who adds one says which release used it last.
LET_THROUGH = {
    "accounts.0004_time_zone",
    "analyses.0004_readings_and_indexes",
    "analyses.0005_notes_tags_and_repeats",
    "analyses.0007_original",
    "analyses.0010_stored_bytes",
    "analyses.0011_batches",
    "analyses.0012_reading_rounds",
    "analyses.0013_not_a_beat_reasons",
    "audit.0002_changes_of_power",
    "recordings.0002_remove_recordinganalysis_checkpoint",
}


def test_every_migration_leaves_the_release_before_what_it_uses() -> None:
    ours = {
        f"{app}.{name}": migration
        for (app, name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if type(migration).__module__.startswith("webportal.")
    }
    problems = {name: found for name, migration in ours.items() if (found := unsafe(migration))}
    assert {name: found for name, found in problems.items() if name not in LET_THROUGH} == {}
    assert set(problems) >= LET_THROUGH, "let through without need"


def migration(*operations: migrations.operations.base.Operation) -> migrations.Migration:
    return type("Migration", (migrations.Migration,), {"operations": list(operations)})("0001_x", "analyses")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("upload", "label"),
        migrations.RenameField("upload", "label", "name"),
        migrations.DeleteModel("upload"),
        migrations.RenameModel("upload", "picture"),
        migrations.AddField("upload", "colour", models.CharField(default="", max_length=5)),
    ],
)
def test_what_the_release_before_would_not_survive_is_named(operation: migrations.operations.base.Operation) -> None:
    assert unsafe(migration(operation))


def test_what_it_does_not_see_is_safe() -> None:
    assert not unsafe(
        migration(
            migrations.CreateModel("mark", [("id", models.AutoField(primary_key=True))]),
            migrations.AddField("mark", "kind", models.CharField(max_length=5)),
            migrations.AddField("upload", "colour", models.CharField(null=True, max_length=5)),
            migrations.AddField("upload", "shade", models.CharField(db_default="", max_length=5)),
            migrations.AddIndex("upload", models.Index(fields=["colour"], name="upload_colour")),
        )
    )
