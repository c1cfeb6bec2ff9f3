"""What every record's columns keep: moments to the millisecond, texts in one form and in bounds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from claims.models import Topic
from tests.factories import TopicFactory

FINE = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)
KEPT = FINE.replace(microsecond=123_000)


@pytest.mark.django_db
def test_a_moment_is_compared_as_finely_as_it_is_given() -> None:
    topic = TopicFactory()
    Topic.objects.filter(pk=topic.pk).update(created_at=KEPT)
    assert Topic.objects.filter(created_at__lt=KEPT + timedelta(microseconds=1)).exists()
    assert not Topic.objects.filter(created_at__gte=KEPT + timedelta(microseconds=1)).exists()
    assert not Topic.objects.filter(created_at=FINE).exists()


@pytest.mark.django_db
def test_a_moment_is_stored_to_the_millisecond_by_whatever_way(tmp_path: Path) -> None:
    def stored(slug: str) -> datetime:
        return Topic.objects.values_list("updated_at", flat=True).get(slug=slug)

    Topic.objects.filter(pk=TopicFactory(slug="a").pk).update(updated_at=FINE)
    assert stored("a") == KEPT
    for topic in (changed := list(Topic.objects.all())):
        topic.updated_at = FINE + timedelta(seconds=1)
    Topic.objects.bulk_update(changed, ["updated_at"])
    assert stored("a") == KEPT + timedelta(seconds=1)
    Topic.objects.bulk_create([Topic(slug="b", name="B")])
    assert stored("b").microsecond % 1000 == 0
    fixture = tmp_path / "topic.json"
    fields = {"slug": "c", "name": "C", "created_at": str(FINE), "updated_at": str(FINE)}
    fixture.write_text(json.dumps([{"model": "claims.topic", "fields": fields}]))
    call_command("loaddata", fixture, verbosity=0)
    assert stored("c") == KEPT


def test_a_text_that_grows_beyond_its_column_by_normalisation_is_refused() -> None:
    # U+0958 has no composed form: in form C it is two characters.
    longest = Topic._meta.get_field("name").max_length or 0
    topic = Topic(slug="a", name="\u0958" * longest)
    with pytest.raises(ValidationError) as refused:
        topic.clean()
    assert set(refused.value.message_dict) == {"name"}
    Topic(slug="a", name="\u0958" * (longest // 2)).clean()
