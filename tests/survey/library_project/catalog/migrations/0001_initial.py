from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0000_nothing"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.CreateModel("Author", [("id", models.AutoField(primary_key=True))])]
