"""Columns of records: timestamps in milliseconds, texts in normalization form C and in bounds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from claims.models import Topic
from tests.factories import TopicFactory

EXACT = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)
STORED = EXACT.replace(microsecond=123_000)


@pytest.mark.django_db
def test_a_comparison_uses_the_microseconds_of_the_timestamp() -> None:
    topic = TopicFactory()
    Topic.objects.filter(pk=topic.pk).update(created_at=STORED)
    assert Topic.objects.filter(created_at__lt=STORED + timedelta(microseconds=1)).exists()
    assert not Topic.objects.filter(created_at__gte=STORED + timedelta(microseconds=1)).exists()
    assert not Topic.objects.filter(created_at=EXACT).exists()


@pytest.mark.django_db
def test_every_way_of_writing_stores_milliseconds(tmp_path: Path) -> None:
    def get_updated_at(slug: str) -> datetime:
        return Topic.objects.values_list("updated_at", flat=True).get(slug=slug)

    Topic.objects.filter(pk=TopicFactory(slug="a").pk).update(updated_at=EXACT)
    assert get_updated_at("a") == STORED
    for topic in (topics := list(Topic.objects.all())):
        topic.updated_at = EXACT + timedelta(seconds=1)
    Topic.objects.bulk_update(topics, ["updated_at"])
    assert get_updated_at("a") == STORED + timedelta(seconds=1)
    Topic.objects.bulk_create([Topic(slug="b", name="B")])
    assert get_updated_at("b").microsecond % 1000 == 0
    fixture = tmp_path / "topic.json"
    fields = {"slug": "c", "name": "C", "created_at": str(EXACT), "updated_at": str(EXACT)}
    fixture.write_text(json.dumps([{"model": "claims.topic", "fields": fields}]))
    call_command("loaddata", fixture, verbosity=0)
    assert get_updated_at("c") == STORED


def test_a_text_that_normalization_makes_too_long_is_an_error() -> None:
    # U+0958 has no composed form: in form C it is two characters.
    max_length = Topic._meta.get_field("name").max_length or 0
    topic = Topic(slug="a", name="\u0958" * max_length)
    with pytest.raises(ValidationError) as error:
        topic.clean()
    assert set(error.value.message_dict) == {"name"}
    Topic(slug="a", name="\u0958" * (max_length // 2)).clean()
