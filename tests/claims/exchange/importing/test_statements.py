"""Statements, topics and language of claims whose reviews are imported again."""

from typing import Any

import pytest

from claims.models import (
    Claim,
    Statement,
)
from sources.models import Document
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import item
from tests.claims.exchange.importing.imports import (
    FULL_REVIEW,
    get_outcomes,
    import_objects,
    with_claimant,
)

pytestmark = pytest.mark.django_db


def test_an_update_deletes_imported_statements_and_keeps_those_of_people() -> None:
    import_objects(FULL_REVIEW)
    claim = Claim.objects.get()
    own = make.StatementFactory(claim=claim)
    reviewed = FULL_REVIEW["itemReviewed"]
    john = {"@type": "Person", "name": "John Doe"}
    assert get_outcomes(
        {**FULL_REVIEW, "itemReviewed": {**reviewed, "author": john, "datePublished": "2024-03"}}
    ) == ["updated"]
    imported = claim.statements.exclude(pk=own.pk)
    assert {str(s.speaker) for s in imported} == {"John Doe"}
    assert {str(s.stated_date) for s in imported} == {"2024-03"}
    assert claim.statements.filter(pk=own.pk).exists()
    assert get_outcomes({**FULL_REVIEW, "itemReviewed": {**reviewed, "author": john}}) == [
        "updated"
    ]
    assert {str(s.stated_date) for s in imported.all()} == {"2024-04"}


def test_an_update_keeps_a_statement_that_a_person_edited() -> None:
    import_objects(with_claimant("Ada Quill", 1))
    statement = Statement.objects.get()
    statement.attributed_as = "the mayor"
    statement.save()
    assert get_outcomes(with_claimant("John Doe", 1)) == ["updated"]
    assert Statement.objects.filter(pk=statement.pk).exists()
    assert Statement.objects.count() == 2


def test_language_and_topics_follow_the_publisher_unless_people_changed_them() -> None:
    import_objects(FULL_REVIEW)
    claim = Claim.objects.get()
    claim.topics.add(make.TopicFactory(name="Harbours"))
    changed = {**FULL_REVIEW, "keywords": ["ferries", "Farming"], "inLanguage": "de"}
    assert get_outcomes(changed) == ["updated"]
    claim.refresh_from_db()
    assert {topic.name for topic in claim.topics.all()} == {"Harbours", "ferries", "Farming"}
    assert claim.language == "de"
    claim.language = "fr"
    claim.save()
    assert get_outcomes({**changed, "inLanguage": "en"}) == ["updated"]
    claim.refresh_from_db()
    assert claim.language == "fr"


def test_a_document_without_url_is_not_created_again() -> None:
    review = item(appearance={"@type": "Event", "name": "A speech"}, author="Ada Quill")
    import_objects(review)
    assert get_outcomes({**review, "reviewBody": "More."}) == ["updated"]
    assert Document.objects.count() == Statement.objects.count() == 1


def test_an_updated_review_keeps_its_claimants_among_namesakes() -> None:
    def get_speaker(number: int) -> Any:
        url = f"https://checker.example/{number}"
        return Statement.objects.get(claim__reviews__identifier=url).speaker

    import_objects(with_claimant("Zoe Smith", 1))
    for n in (2, 3):
        import_objects(
            with_claimant({"name": "Zoe Smith", "sameAs": f"https://wikidata.org/wiki/Q{n}"}, n)
        )
    import_objects(with_claimant("Zoe Smith", 4))
    before = [get_speaker(n) for n in (1, 4)]
    reviews = [{**with_claimant("Zoe Smith", n), "reviewBody": "More."} for n in (1, 4)]
    assert get_outcomes(*reviews) == ["updated", "updated"]
    for review in reviews:
        review["itemReviewed"] = {**review["itemReviewed"], "datePublished": "2024-02"}
    assert get_outcomes(*reviews) == ["updated", "updated"]
    assert [get_speaker(n) for n in (1, 4)] == before
