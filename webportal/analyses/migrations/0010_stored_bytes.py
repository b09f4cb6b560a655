from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Case, F, Sum, Value, When


def count(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What is there already is counted by the sizes as sent: to ask the storage for each file could take hours."""
    upload = apps.get_model("analyses", "Upload")
    storage_use = apps.get_model("accounts", "StorageUse")
    twice = When(original="", then=Value(1))
    upload.objects.update(stored_bytes=F("size") * Case(twice, default=Value(2)))
    sums = upload.objects.order_by().values_list("owner").annotate(Sum("stored_bytes"))
    storage_use.objects.bulk_create(
        (storage_use(owner_id=owner, stored_bytes=total) for owner, total in sums.iterator()), batch_size=1000
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_storage_use"),
        ("analyses", "0009_search_among_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="stored_bytes",
            field=models.PositiveBigIntegerField(
                default=0,
                editable=False,
                help_text="Of all its files; counts towards the owner's quota.",
                verbose_name="bytes kept",
            ),
        ),
        migrations.AddIndex(model_name="upload", index=models.Index(fields=["picture"], name="upload_picture")),
        migrations.AddIndex(model_name="upload", index=models.Index(fields=["thumbnail"], name="upload_thumbnail")),
        migrations.AddIndex(model_name="upload", index=models.Index(fields=["original"], name="upload_original")),
        # Last: PostgreSQL may refuse to alter a table whose rows were changed in the same transaction.
        migrations.RunPython(count, migrations.RunPython.noop, elidable=True),
    ]
