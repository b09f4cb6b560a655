from django.db import migrations, models

import webportal.accounts.zones


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_storage_use")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Empty: the browser's.",
                max_length=64,
                validators=[webportal.accounts.zones.validate_name],
                verbose_name="time zone",
            ),
        ),
    ]
