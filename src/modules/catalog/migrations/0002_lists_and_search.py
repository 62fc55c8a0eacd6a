from django.db import migrations, models

from seamline.contract import DECIMALS

# Punctuation separates words, so that "tea/mug", "MUG-BLUE" and "a.b" are two each; PostgreSQL's parser would make
# a path, a compound and a host of them.
_WORDS = (
    r"""to_tsvector('simple', translate(name || ' ' || sku, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)))"""
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        # A price in a currency that there is not could be written once, and can be read no more: staff set another.
        migrations.RunSQL(
            [("UPDATE catalog_product SET active = false WHERE currency <> ALL(%s)", [sorted(DECIMALS)])],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f"ALTER TABLE catalog_product ADD COLUMN search tsvector GENERATED ALWAYS AS ({_WORDS}) STORED",
            "ALTER TABLE catalog_product DROP COLUMN search",
        ),
        migrations.RunSQL(
            "CREATE INDEX product_search ON catalog_product USING gin (search)",
            "DROP INDEX product_search",
        ),
        migrations.AlterField("product", "created_at", models.DateTimeField(auto_now_add=True)),
        migrations.AddIndex(
            "product",
            models.Index(fields=["-created_at", "-sku"], condition=models.Q(active=True), name="product_newest"),
        ),
    ]
