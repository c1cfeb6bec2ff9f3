"""What was imported has no place in the versions before 0007: a way back there is refused first."""

from typing import Any

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError


def refuse(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    review = apps.get_model("claims", "Review")
    statement = apps.get_model("claims", "Statement")
    imported = review.objects.using(alias).filter(origin="imported").count()
    nowhere = statement.objects.using(alias).filter(document=None).count()
    if imported or nowhere:
        fault = (
            f"The way back ends here: {imported} reviews came as markup, and {nowhere} statements"
            " have no document, which the versions before cannot hold. Go back to a backup."
        )
        raise IrreversibleError(fault)


class Migration(migrations.Migration):
    dependencies = [("claims", "0011_webhooks")]

    operations = [migrations.RunPython(migrations.RunPython.noop, refuse)]
