from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE TABLE heard (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ring_id text NOT NULL, "
            "rang_at double precision NOT NULL, heard_at double precision NOT NULL)",
            "DROP TABLE heard",
        )
    ]
