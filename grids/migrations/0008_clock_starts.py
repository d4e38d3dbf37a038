from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def note_starts(apps, schema_editor):
    """Clocks that run already started with the report, with the limit of their category."""
    Issue, Category = apps.get_model("grids", "Issue"), apps.get_model("grids", "IssueCategory")
    own = Category.objects.filter(pk=OuterRef("category_id"))
    Issue.objects.update(
        clock_started_at=F("created_at"),
        limit=Subquery(own.values("limit")[:1]),
        limit_unit=Subquery(own.values("limit_unit")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("grids", "0007_clocks")]

    operations = [migrations.RunPython(note_starts, migrations.RunPython.noop)]
