import uuid

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Lamp",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("watts", models.IntegerField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("lamp", models.ForeignKey(on_delete=models.CASCADE, to="lamps.lamp")),
                ("period", DateTimeRangeField()),
            ],
        ),
    ]
