"""Names what permissions are for. No table is made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Usage logs, prices and user summaries."""

    initial = True

    operations = [
        migrations.CreateModel(
            name="Price",
            fields=[
                ("name", models.CharField(max_length=512, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "price",
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": ("view", "add", "change"),
            },
        ),
        migrations.CreateModel(
            name="UsageLog",
            fields=[
                ("record_id", models.CharField(max_length=36, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "usage log",
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="UserSummary",
            fields=[
                ("user_id", models.CharField(max_length=256, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "user summary",
                "verbose_name_plural": "user summaries",
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": ("view",),
            },
        ),
    ]
