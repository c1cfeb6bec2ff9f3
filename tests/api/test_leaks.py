"""Drafts leak nowhere: whatever is done in private, no public answer changes by one byte."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from claims import workflow
from claims.choices import RelationState
from claims.models import Evidence, Review
from claims.reports.statistics import STATISTICS
from claims.services.reviews import open_review, prepare_next_version
from claimsapi.core.ledger.sequencer import sequence_entries
from tests import factories as make
from tests.api.contract import document
from tests.api.resource_cases import ReadingCases
from tests.api.test_resources import (
    TestAffiliations,
    TestClaimRelations,
    TestClaims,
    TestCorrections,
    TestDocuments,
    TestEvidence,
    TestIdentifiers,
    TestPublishers,
    TestRatings,
    TestRatingScales,
    TestReviews,
    TestSpeakers,
    TestStatements,
    TestTopics,
)

RESOURCES: tuple[type[ReadingCases], ...] = (
    TestAffiliations,
    TestClaimRelations,
    TestClaims,
    TestCorrections,
    TestDocuments,
    TestEvidence,
    TestIdentifiers,
    TestPublishers,
    TestRatings,
    TestRatingScales,
    TestReviews,
    TestSpeakers,
    TestStatements,
    TestTopics,
)
# Names in these modules would be collected a second time here.
for _resource in RESOURCES:
    del globals()[_resource.__name__]


def all_shown() -> dict[str, Any]:
    """A public record of each resource, and the moment when they all were there."""
    shown: dict[str, Any] = {resource.path: resource().public() for resource in RESOURCES}
    sequence_entries()
    return shown | {"then": f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"}


def questions(shown: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that the public can ask: lists, counts, orders, filters, details, the past."""
    yield "/api/v1/changes/", {}
    yield "/api/v1/corrections.atom", {}
    for reviewed in (shown["reviews"], shown["corrections"].review):
        yield f"/api/v1/reviews/{reviewed.public_id}/versions/", {"count": "exact"}
    yield "/api/v1/claims/facets/", {}
    yield "/api/v1/statistics/", {}
    for name in STATISTICS:
        yield f"/api/v1/statistics/{name}/", {}
    yield "/api/v1/assignments/", {"count": "exact", "priority__in": "urgent,normal"}
    for resource in RESOURCES:
        cases = resource()
        record = shown[cases.path]
        yield cases.url, {"count": "exact"}
        yield cases.url, {"ordering": cases.timestamps[-1], "page_size": 1}
        yield cases.detail(record), {}
        if cases.has_history:
            yield cases.detail(record), {"as_of": shown["then"]}
            yield f"{cases.detail(record)}history/", {}
        for name, values in cases.filters(record).items():
            # One value: test_leak_walk has more of them, and asks the facets.
            yield cases.url, {name: values[0], "count": "exact"}


def answers(client: APIClient, asked: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    responses = [client.get(url, parameters) for url, parameters in asked]
    assert {response.status_code for response in responses} == {200}
    return [(r.content, sorted(r.headers.items())) for r in responses]


def test_private_work_changes_no_public_answer(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    shown = all_shown()
    asked = list(questions(shown))
    before = answers(public, asked)

    work_in_private(shown)

    after = answers(public, asked)
    for (url, parameters), old, new in zip(asked, before, after, strict=True):
        assert new == old, (url, parameters)
    # The same questions from staff do see the work: the test above can fail.
    assert answers(client_of("auditor"), asked) != answers(public, asked)


def work_in_private(shown: dict[str, Any]) -> None:
    """Do all that a desk does before it publishes, around the very records that are public."""
    researcher, editor = make.UserFactory(role="researcher"), make.UserFactory(role="editor")
    speaker, source, topic = shown["speakers"], shown["documents"], shown["topics"]

    hidden = make.ClaimFactory()
    hidden.topics.add(topic)
    snapshot = source.snapshots.get()
    make.StatementFactory(claim=hidden, speaker=speaker, document=source, snapshot=snapshot)
    make.DocumentFactory(publisher=shown["publishers"])
    make.SnapshotFactory(document__publisher=shown["publishers"])
    make.ClaimRelationFactory(from_claim=shown["claims"], to_claim=hidden)
    make.ClaimRelationFactory(
        from_claim=hidden, to_claim=shown["claims"], kind="repeats", state="suggested"
    )
    make.ClaimRelationFactory(
        from_claim=shown["claims"],
        to_claim=make.ClaimFactory(),
        state=RelationState.SUGGESTED,
    )
    make.RatingScaleFactory(publisher=shown["publishers"])
    make.AssignmentFactory(claim=shown["claims"], assignee=researcher, priority="urgent")
    make.AssignmentFactory(claim=hidden, assignee=editor)

    opened = open_review(
        claim=hidden,
        publisher=shown["publishers"],
        author=researcher,
        rating=shown["ratings"],
        summary="Not yet.",
    )
    draft = opened.versions.get()
    make.EvidenceFactory(version=draft, document=source)
    make.EvidenceFactory(
        version=draft, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(draft, workflow.SUBMIT, researcher)
    make.move(draft, workflow.RETURN, editor, "More evidence, please.")

    reviews: tuple[Review, ...] = (shown["reviews"], shown["corrections"].review)
    for review in reviews:
        following = prepare_next_version(
            review=review, author=researcher, kind="update", note="New figures."
        )
        following.headline = "The new figures"
        following.save()
        Evidence.objects.filter(version=following).first().delete()  # type: ignore[union-attr]
        make.EvidenceFactory(version=following, document=source)
        make.move(following, workflow.SUBMIT, researcher)


def test_confidential_evidence_of_a_published_review_stays_hidden(public: APIClient) -> None:
    version = make.ReviewVersionFactory()
    make.EvidenceFactory(version=version)
    secret = make.EvidenceFactory(
        version=version, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(version, workflow.SUBMIT, version.author)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    make.corrected_version(version)
    for url in (
        f"/api/v1/reviews/{version.review.public_id}/",
        f"/api/v1/reviews/{version.review.public_id}/versions/",
        "/api/v1/corrections/",
        "/api/v1/corrections.atom",
        f"/api/v1/claims/{version.review.claim.public_id}/",
        "/api/v1/evidence/",
        "/api/v1/documents/",
        "/api/v1/publishers/",
    ):
        response = public.get(url)
        assert response.status_code == 200
        body = response.content.decode()
        for hidden in (secret, secret.document, secret.document.publisher):
            assert str(hidden.public_id) not in body, url
        assert "confidential" not in body.replace('"is_confidential":false', "").replace(
            '"confidential_reason":""', ""
        )


def test_private_work_grows_the_ledger_by_hashes_alone(public: APIClient) -> None:
    shown = all_shown()
    before = public.get("/api/v1/ledger/entries", {"page_size": 200}).json()
    work_in_private(shown)
    after = public.get("/api/v1/ledger/entries", {"page_size": 200}).json()
    assert after["results"][: before["size"]] == before["results"]
    grown = after["results"][before["size"] :]
    assert len(grown) > 10
    for leaf in grown:
        assert leaf.keys() == {"sequence", "leaf", "entry"}
        assert leaf["entry"] is None


# Of the same tree for all: it grows with private work, and its hashes tell nothing of it.
OF_THE_TREE = {
    f"/api/v1/ledger/{name}"
    for name in ("", "checkpoint", "entries", "proof/inclusion", "proof/consistency")
}


def test_every_readable_address_of_the_api_is_asked_here() -> None:
    lists = {
        path
        for path, operations in document()["paths"].items()
        if "get" in operations and "{" not in path
    }
    asked = {f"/api/v1/{resource.path}/" for resource in RESOURCES}
    asked |= {f"/api/v1/statistics/{name}/" for name in STATISTICS} | {"/api/v1/statistics/"}
    asked |= {
        "/api/v1/assignments/",
        "/api/v1/claims/facets/",
        "/api/v1/changes/",
        "/api/v1/corrections.atom",
        "/api/v1/",
    }
    assert lists == asked | OF_THE_TREE


def test_a_caller_without_a_role_sees_what_the_public_sees(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    stranger = client_of(make.UserFactory())
    shown = all_shown()
    for resource in RESOURCES:
        resource().hidden()
    for url, parameters in questions(shown):
        assert stranger.get(url, parameters).content == public.get(url, parameters).content, url
