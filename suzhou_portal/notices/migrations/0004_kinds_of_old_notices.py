"""Until now, all notices told whoever had an issue in hand."""

from typing import Any

from django.db import migrations


def name_kinds(apps: Any, schema_editor: Any) -> None:
    about_issues = {"url__startswith": "/issues/"}
    apps.get_model("notices", "OutboxMessage").objects.filter(**about_issues).update(kind="assigned")
    apps.get_model("notices", "Notice").objects.filter(message__url__startswith="/issues/").update(kind="assigned")


class Migration(migrations.Migration):

    dependencies = [
        ("notices", "0003_delivery"),
    ]

    operations = [
        migrations.RunPython(name_kinds, migrations.RunPython.noop),
    ]
