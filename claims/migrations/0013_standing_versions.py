"""The public lists are read in the order in which what stands was published."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("claims", "0012_imports_stay")]

    operations = [
        migrations.AddIndex(
            model_name="reviewversion",
            index=models.Index(
                models.F("published_at"),
                models.F("public_id"),
                condition=models.Q(state="published"),
                name="claims_version_standing",
            ),
        ),
    ]
