from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RemoveIndex("order", "order_newest"),
        migrations.AddIndex("order", models.Index(fields=["customer_id", "-created_at", "-id"], name="order_newest")),
    ]
