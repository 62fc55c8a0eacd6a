from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Parcel",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sender", models.BigIntegerField()),
            ],
        ),
    ]
