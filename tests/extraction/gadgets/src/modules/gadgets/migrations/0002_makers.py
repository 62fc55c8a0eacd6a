from typing import Any

from django.db import migrations


def hire(apps: Any, schema_editor: Any) -> None:
    apps.get_model("gadgets", "Maker").objects.using(schema_editor.connection.alias).create(name="Ada")


class Migration(migrations.Migration):
    dependencies = [("gadgets", "0001_initial")]

    operations = [migrations.RunPython(hire, migrations.RunPython.noop)]
