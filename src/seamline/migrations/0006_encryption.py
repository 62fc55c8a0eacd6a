from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from seamline.encryption import EncryptedBinaryField, EncryptedTextField


class Migration(migrations.Migration):
    dependencies = [
        ("seamline", "0005_ownership"),
    ]

    operations = [
        migrations.AddField(
            model_name="OutboxMessage", name="mentions", field=ArrayField(models.TextField(), null=True)
        ),
        # The columns stay as they are.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("OutboxMessage", "payload", EncryptedTextField()),
                migrations.AlterField("IdempotentRequest", "body", EncryptedBinaryField(default=b"")),
                migrations.AlterField("IdempotentCommand", "answer", EncryptedBinaryField()),
            ]
        ),
    ]
