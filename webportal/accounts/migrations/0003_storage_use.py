import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_reviewers"),
    ]

    operations = [
        migrations.CreateModel(
            name="StorageUse",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="storage_use",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                ("stored_bytes", models.PositiveBigIntegerField(default=0, editable=False, verbose_name="bytes kept")),
            ],
            options={
                "verbose_name": "space used",
                "verbose_name_plural": "space used",
            },
        ),
    ]
