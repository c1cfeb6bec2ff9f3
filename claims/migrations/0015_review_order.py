"""Lists of reviews are read in their orders, and a page's reviews by its address."""

from django.db import migrations, models

from claimsapi.core.database.functions import WithoutFragment


class Migration(migrations.Migration):
    dependencies = [("claims", "0014_delivery_waited")]

    operations = [
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("created_at"), models.F("public_id"), name="claims_review_created"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("updated_at"), models.F("public_id"), name="claims_review_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("publisher"),
                WithoutFragment(models.F("identifier")),
                condition=models.Q(origin="imported"),
                name="claims_review_page",
            ),
        ),
    ]
