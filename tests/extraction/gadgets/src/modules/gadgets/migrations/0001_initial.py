import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Maker",
            fields=[("name", models.CharField(max_length=40, primary_key=True, serialize=False))],
        ),
        migrations.CreateModel(
            name="Gadget",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("manual", models.FileField(upload_to="gadgets/")),
                ("weight", models.IntegerField(null=True)),
                ("polished", models.BooleanField(default=False)),
                (
                    "maker",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="gadgets.maker"),
                ),
            ],
        ),
    ]
