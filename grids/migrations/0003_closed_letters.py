from django.db import migrations, models


def settle(apps, schema_editor):
    """Letters whose issue is closed wait for nothing any more."""
    issues = apps.get_model("grids", "Issue")
    letters = apps.get_model("grids", "Supervision").objects.filter(
        issue__status="closed", replied_at=None, withdrawn_at=None, settled_at=None
    )
    closed = issues.objects.filter(pk=models.OuterRef("issue")).values("closed_at")[:1]
    letters.update(settled_at=models.Subquery(closed))
    issues.objects.filter(status="closed").exclude(supervised_level="").update(supervised_level="")


class Migration(migrations.Migration):
    # Apart from the change of the table: PostgreSQL alters no table with pending checks.

    dependencies = [("grids", "0002_letters_settle")]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
