from django.db import migrations


def backfill(apps, schema_editor):
    Author = apps.get_model("catalog", "Author")  # finds: migration-model catalog
    Loan = apps.get_model("loans", "Loan")
    Loan.objects.filter(book__title="").delete()
    return Author


class Migration(migrations.Migration):
    dependencies = (("loans", "0001_initial"),)
    operations = [
        migrations.RunPython(backfill),
        migrations.RunSQL("UPDATE catalog_author SET name = ''"),  # finds: raw-sql catalog
        migrations.RunSQL("DELETE FROM loans_loan"),
    ]
