import catalog.models  # finds: migration-import catalog
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),  # finds: migration-dependency accounts
        ("catalog", "0001_initial"),  # finds: migration-dependency catalog
        ("loans", "0000_nothing"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.CreateModel("Loan", [("book", models.ForeignKey("catalog.Book", catalog.models.CASCADE))]),
    ]
