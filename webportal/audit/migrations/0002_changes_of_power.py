from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_audit_log"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="actor_label",
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name="who, name then"),
        ),
        migrations.AddField(
            model_name="entry",
            name="owner_label",
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name="whose, name then"),
        ),
        migrations.AlterField(
            model_name="entry",
            name="action",
            field=models.CharField(
                choices=[
                    ("view", "looked at"),
                    ("list", "looked at a list"),
                    ("download", "downloaded"),
                    ("change", "changed"),
                    ("delete", "deleted"),
                    ("power", "account or rights"),
                ],
                editable=False,
                max_length=10,
                verbose_name="action",
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="actor_number",
            field=models.BigIntegerField(
                editable=False, help_text="Empty for a command on the server.", null=True, verbose_name="who, number"
            ),
        ),
        migrations.AlterField(
            model_name="entry",
            name="detail",
            field=models.CharField(blank=True, editable=False, max_length=1000, verbose_name="detail"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["owner_label", "-at"], name="audit_name"),
        ),
    ]
