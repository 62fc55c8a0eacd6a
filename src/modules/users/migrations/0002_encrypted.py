from typing import Any

from django.core.validators import EmailValidator
from django.db import migrations

from seamline.encryption import DigestField, EncryptedTextField

CHUNK = 1000


def fill_digests(apps: Any, editor: Any) -> None:
    """Work out by what people are found who are there already. Their addresses stay, until keys are rotated."""
    users = apps.get_model("users", "User").objects.using(editor.connection.alias)
    while found := list(users.filter(email_digest__isnull=True)[:CHUNK]):
        users.bulk_update(map(_with_digest, found), ["email_digest"])


def _with_digest(user: Any) -> Any:
    user._meta.get_field("email_digest").pre_save(user, add=False)
    return user


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial")]

    operations = [
        migrations.AddField("User", "email_digest", DigestField("email", unique=True)),
        migrations.RunPython(fill_digests, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "User", "email", EncryptedTextField(unique=True, max_length=254, validators=[EmailValidator()])
        ),
        migrations.AlterField("User", "nickname", EncryptedTextField(max_length=40)),
    ]
