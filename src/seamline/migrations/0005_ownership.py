from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("seamline", "0004_log_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="Ownership",
            fields=[
                ("module", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("epoch", models.BigIntegerField()),
                ("owner", models.CharField(max_length=60)),
                ("address", models.CharField(max_length=500)),
                ("role", models.CharField(max_length=63)),
                ("other_owner", models.CharField(db_default="", max_length=60)),
                ("other_address", models.CharField(db_default="", max_length=500)),
                ("other_role", models.CharField(db_default="", max_length=63)),
                ("step", models.CharField(db_default="", max_length=20)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "seamline_ownership",
            },
        ),
    ]
