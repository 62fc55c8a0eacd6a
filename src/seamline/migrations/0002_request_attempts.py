from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("seamline", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="idempotentrequest",
            name="attempts",
            field=models.IntegerField(db_default=1),
        ),
    ]
