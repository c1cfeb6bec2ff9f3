"""Who brings in the reviews of others on a page of the desk has a permission for that."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0008_review_slugs")]

    operations = [
        migrations.AlterModelOptions(
            name="review",
            options={
                "ordering": ["-public_id"],
                "permissions": [("import_review", "Can bring in the reviews of others")],
            },
        ),
    ]
