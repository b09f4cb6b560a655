from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# What ``label__icontains`` asks for, so that a rare word is found without reading all of a person's labels. SQLite has
# no such index; its few people's labels are read.


def make_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX IF NOT EXISTS upload_label_trigrams ON analyses_upload "
            "USING gin (UPPER(label::text) gin_trgm_ops)"
        )


def drop_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS upload_label_trigrams")


class Migration(migrations.Migration):
    dependencies = [("analyses", "0007_original")]

    operations = [migrations.RunPython(make_index, drop_index)]
