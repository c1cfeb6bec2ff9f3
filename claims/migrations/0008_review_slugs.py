"""Every review that was published before gets the address of its page."""

from typing import Any

from django.db import migrations
from django.utils.text import slugify

PUBLIC = ("published", "superseded", "retracted")


def name_pages(apps: Any, editor: Any) -> None:
    Review = apps.get_model("claims", "Review")
    nameless = (
        Review.objects.using(editor.connection.alias)
        .filter(slug__isnull=True, versions__state__in=PUBLIC)
        .distinct()
        .order_by("pk")
    )
    while reviews := list(nameless.select_related("claim")[:1000]):
        for review in reviews:
            words = slugify(review.claim.text)[:60].strip("-") or "review"
            review.slug = f"{words}-{review.public_id.hex[-8:]}"
        Review.objects.using(editor.connection.alias).bulk_update(reviews, ["slug"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [("claims", "0007_interchange")]

    operations = [
        # Back: the column goes with the migration before.
        migrations.RunPython(name_pages, migrations.RunPython.noop, elidable=True),
    ]
