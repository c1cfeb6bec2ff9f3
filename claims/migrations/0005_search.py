from typing import Any

from django.db import migrations, models

from claims.read_models import search_text


def create(_apps: Any, schema_editor: Any) -> None:
    for statement in search_text.create_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def remove(_apps: Any, schema_editor: Any) -> None:
    for statement in search_text.drop_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("claims", "0004_public_index")]

    operations = [
        migrations.RunPython(create, remove),
        migrations.CreateModel(
            name="ClaimSearch",
            fields=[("claim_id", models.BigIntegerField(primary_key=True, serialize=False))],
            options={
                "db_table": "claims_search_public",
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
