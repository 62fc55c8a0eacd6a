from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.RemoveIndex("notification", "notification_newest"),
        migrations.AddIndex(
            "notification", models.Index(fields=["user_id", "-created_at", "-id"], name="notification_newest")
        ),
    ]
