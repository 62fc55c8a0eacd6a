from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="request",
            name="attempts",
            field=models.IntegerField(db_default=1),
        ),
    ]
