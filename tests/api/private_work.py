"""Private work next to public records, for tests that compare the public responses."""

from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from claims import workflow
from claims.choices import RelationState
from claims.models import Evidence, Review
from claims.services.reviews import open_review, prepare_next_version
from claimsapi.core.ledger.sequencer import sequence_entries
from tests import factories as make
from tests.api import test_resources
from tests.api.resource_cases import ReadingCases, ResourceCases

# The cases of every resource, by name.
RESOURCES: tuple[type[ReadingCases], ...] = tuple(
    cases
    for _name, cases in sorted(vars(test_resources).items())
    if isinstance(cases, type)
    and issubclass(cases, ReadingCases)
    and cases not in {ReadingCases, ResourceCases}
)

# The Merkle tree is the same for every caller. It grows with private work, as hashes only.
LEDGER_PATHS = {
    f"/api/v1/ledger/{name}"
    for name in ("", "checkpoint", "entries", "proof/inclusion", "proof/consistency")
}


def make_public_records() -> dict[str, Any]:
    """Return a public record of each resource, and under ``then`` a time at which all existed."""
    records: dict[str, Any] = {resource.path: resource().public() for resource in RESOURCES}
    sequence_entries()
    return records | {"then": f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"}


def fetch_responses(client: APIClient, queries: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    responses = [client.get(url, parameters) for url, parameters in queries]
    assert {response.status_code for response in responses} == {200}
    return [(r.content, sorted(r.headers.items())) for r in responses]


def do_private_work(records: dict[str, Any]) -> None:
    """Do all kinds of work before publication, next to the public records."""
    researcher, editor = make.UserFactory(role="researcher"), make.UserFactory(role="editor")
    speaker, source, topic = records["speakers"], records["documents"], records["topics"]

    hidden = make.ClaimFactory()
    hidden.topics.add(topic)
    snapshot = source.snapshots.get()
    make.StatementFactory(claim=hidden, speaker=speaker, document=source, snapshot=snapshot)
    make.DocumentFactory(publisher=records["publishers"])
    make.SnapshotFactory(document__publisher=records["publishers"])
    make.ClaimRelationFactory(from_claim=records["claims"], to_claim=hidden)
    make.ClaimRelationFactory(
        from_claim=hidden, to_claim=records["claims"], kind="repeats", state="suggested"
    )
    make.ClaimRelationFactory(
        from_claim=records["claims"],
        to_claim=make.ClaimFactory(),
        state=RelationState.SUGGESTED,
    )
    make.RatingScaleFactory(publisher=records["publishers"])
    make.AssignmentFactory(claim=records["claims"], assignee=researcher, priority="urgent")
    make.AssignmentFactory(claim=hidden, assignee=editor)

    opened = open_review(
        claim=hidden,
        publisher=records["publishers"],
        author=researcher,
        rating=records["ratings"],
        summary="Not yet.",
    )
    draft = opened.versions.get()
    make.EvidenceFactory(version=draft, document=source)
    make.EvidenceFactory(
        version=draft, is_confidential=True, confidential_reason="A source at risk."
    )
    make.move(draft, workflow.SUBMIT, researcher)
    make.move(draft, workflow.RETURN, editor, "More evidence, please.")

    reviews: tuple[Review, ...] = (records["reviews"], records["corrections"].review)
    for review in reviews:
        following = prepare_next_version(
            review=review, author=researcher, kind="update", note="New figures."
        )
        following.headline = "The new figures"
        following.save()
        Evidence.objects.filter(version=following).first().delete()  # type: ignore[union-attr]
        make.EvidenceFactory(version=following, document=source)
        make.move(following, workflow.SUBMIT, researcher)
