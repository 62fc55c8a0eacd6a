from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from seamline.encryption import EncryptedBinaryField, EncryptedTextField


class Migration(migrations.Migration):
    dependencies = [
        ("seamline", "0005_ownership"),
    ]

    operations = [
        migrations.AddField("OutboxMessage", "mentions", ArrayField(models.TextField(), null=True)),
        migrations.AlterField("OutboxMessage", "payload", EncryptedTextField()),
        migrations.AlterField("IdempotentRequest", "body", EncryptedBinaryField(default=b"")),
        migrations.AlterField("IdempotentCommand", "answer", EncryptedBinaryField()),
    ]
