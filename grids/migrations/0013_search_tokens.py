"""Tokens as a column of their own kind. The texts are derived: ``reindex_search --missing`` makes them anew."""

import django.db.models.deletion
from django.db import migrations, models

import suzhou_portal.lib.text.search


def drop_index(apps, schema_editor):
    """On SQLite the index is a table of its own, made by ``install_search`` after the migration."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE IF EXISTS grids_issuetext_fts")


class Migration(migrations.Migration):

    dependencies = [
        ("grids", "0012_stamps"),
    ]

    operations = [
        migrations.DeleteModel(name="IssueText"),
        migrations.RunPython(drop_index, drop_index),
        migrations.CreateModel(
            name="IssueText",
            fields=[
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="grids.issue",
                    ),
                ),
                ("body", models.TextField()),
                ("tokens", suzhou_portal.lib.text.search.TokensField()),
            ],
        ),
    ]
