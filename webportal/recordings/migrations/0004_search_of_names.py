from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# What ``name__icontains`` asks for, so that a rare word is found without reading all of a person's names. SQLite has no
# such index; its few people's names are read.


def make_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX IF NOT EXISTS recording_name_trigrams ON recordings_recording "
            "USING gin (UPPER(name::text) gin_trgm_ops)"
        )


def drop_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS recording_name_trigrams")


class Migration(migrations.Migration):
    dependencies = [("recordings", "0003_analyses_by_owner_and_state")]

    operations = [migrations.RunPython(make_index, drop_index)]
