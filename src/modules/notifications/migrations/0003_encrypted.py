from django.db import migrations

from seamline.encryption import EncryptedTextField


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_total_order")]

    operations = [migrations.AlterField("Notification", "text", EncryptedTextField(max_length=500))]
