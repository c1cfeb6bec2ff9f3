"""Reads of the past: history, records as of a time, and entries, for each kind of caller."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Claim
from claims.services.reviews import prepare_next_version
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.models import Entry
from tests import factories as make

pytestmark = pytest.mark.django_db


def now() -> str:
    return f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"


def read(client: APIClient, url: str, **parameters: Any) -> Any:
    response = client.get(url, parameters)
    assert response.status_code == 200, response.content
    return response.json()


class TestHistory:
    def test_shows_actor_changes_and_reason(self, client_of: Callable[..., APIClient]) -> None:
        editor = make.UserFactory(role="editor")
        client = client_of(editor)
        claim = make.ClaimFactory(text="Ferries are late.")
        url = f"/api/v1/claims/{claim.public_id}/"
        etag = client.get(url)["ETag"]
        client.patch(url, {"text": "The ferries are late."}, headers={"If-Match": etag})
        etag = client.get(url)["ETag"]
        client.post(f"{url}reject/", {"text": "Not ours."}, headers={"If-Match": etag})

        rejected, changed, created = read(client, f"{url}history/")["results"]
        assert created["action"] == "create"
        assert (changed["actor"], changed["action"]) == (f"@{editor.handle}", "change")
        assert changed["changes"] == [
            {"field": "text", "before": "Ferries are late.", "after": "The ferries are late."}
        ]
        assert (rejected["action"], rejected["reason"]) == ("reject", "Not ours.")
        assert {c["field"] for c in rejected["changes"]} == {"status", "status_reason"}
        assert rejected["fields"]["status"] == "rejected"

    def test_has_pages_from_the_newest_change(self, client_of: Callable[..., APIClient]) -> None:
        topic = make.TopicFactory()
        for number in range(5):
            type(topic).objects.filter(pk=topic.pk).update(name=f"Topic no. {number}")
        client, url = client_of("auditor"), f"/api/v1/topics/{topic.public_id}/history/"
        whole = read(client, url)["results"]
        paged, following = [], url
        while following:
            body = read(client, following, **({"page_size": 2} if following == url else {}))
            paged += body["results"]
            following = body["next"]
        assert paged == whole
        assert len(whole) == 6

    def test_of_a_deleted_record_is_for_staff_only(
        self, client_of: Callable[..., APIClient], public: APIClient
    ) -> None:
        statement = make.StatementFactory(claim__listed_at=timezone.now())
        url = f"/api/v1/statements/{statement.public_id}/history/"
        assert len(read(public, url)["results"]) == 1
        statement.delete()
        assert [c["action"] for c in read(client_of("auditor"), url)["results"]] == [
            "delete",
            "create",
        ]
        assert public.get(url).status_code == 404

    def test_of_a_review_has_its_published_versions_and_evidence(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        version = make.ReviewVersionFactory(summary="A first secret wording.")
        make.EvidenceFactory(version=version)
        sequence_entries()
        type(version).objects.filter(pk=version.pk).update(summary="The wording.")
        version.refresh_from_db()
        sequence_entries()
        make.move(version, workflow.SUBMIT, version.author)
        sequence_entries()
        make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
        url = f"/api/v1/reviews/{version.review.public_id}/history/"
        changes = read(public, url)["results"]
        assert "secret" not in public.get(url).content.decode()
        assert {(c["kind"], c["action"]) for c in changes} >= {
            ("claims.reviewversion", "publish"),
            ("claims.evidence", "create"),
        }
        assert not [c for c in changes if c["action"] == "submit"]
        all_of_it = read(client_of("auditor"), url)["results"]
        assert [c["action"] for c in all_of_it if c["kind"] == "claims.reviewversion"] == [
            "publish",
            "submit",
            "change",
            "create",
        ]


class TestAsOf:
    def test_every_detail_has_its_past_content(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        version = make.published_version()
        claim, review = version.review.claim, version.review
        topic = make.TopicFactory(name="Harbours")
        claim.topics.add(topic)
        statement = make.StatementFactory(claim=claim)
        make.AffiliationFactory(speaker=statement.speaker)
        other = make.ClaimFactory(listed=True)
        relation = make.ClaimRelationFactory(from_claim=other, to_claim=claim, state="confirmed")
        evidence = version.evidence.get()
        addresses = [
            f"/api/v1/{kind}/{record.public_id}/"
            for kind, record in {
                "claims": claim,
                "topics": topic,
                "statements": statement,
                "speakers": statement.speaker,
                "documents": statement.document,
                "publishers": statement.document.publisher,
                "affiliations": statement.speaker.affiliations.get(),
                "reviews": review,
                "evidence": evidence,
                "ratings": version.rating,
                "rating-scales": version.rating.scale,
                "claim-relations": relation,
            }.items()
        ]
        sequence_entries()
        clients = (public, client_of("auditor"))
        before = [read(client, url) for client in clients for url in addresses]
        then = now()

        statement.speaker.name = "Somebody Else"
        statement.speaker.save()
        statement.document.title = "Another title"
        statement.document.save()
        relation.state = "rejected"
        relation.save()
        claim.topics.clear()
        make.StatementFactory(claim=claim, speaker=statement.speaker)
        second = prepare_next_version(
            review=review, author=version.author, kind="update", note="New."
        )
        second.headline = "Quite new"
        second.save()
        make.move(second, workflow.SUBMIT, version.author)
        make.move(second, workflow.PUBLISH, make.UserFactory(role="editor"))
        statement.attributed_as = "as printed"
        statement.save()
        sequence_entries()

        after = [read(clients[1], url, as_of=then) for url in addresses]
        assert after == before[len(addresses) :]
        hidden = {f"/api/v1/topics/{topic.public_id}/"}
        hidden |= {f"/api/v1/claim-relations/{relation.public_id}/"}
        for url, was in zip(addresses, before, strict=False):
            if url in hidden:  # hidden today, so its past is too
                assert public.get(url, {"as_of": then}).status_code == 404
            else:
                assert read(public, url, as_of=then) == was, url
        assert read(clients[1], addresses[0]) != before[len(addresses)]

    def test_a_deleted_part_is_shown_again(self, public: APIClient) -> None:
        statement = make.StatementFactory(claim__listed_at=timezone.now())
        url = f"/api/v1/claims/{statement.claim.public_id}/"
        sequence_entries()
        before, then = read(public, url), now()
        statement.delete()
        assert read(public, url)["statements"] == []
        assert read(public, url, as_of=then) == before

    def test_a_record_not_yet_created_or_public_is_not_found(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        then = now()
        claim = make.ClaimFactory(text="A secret wording.")
        sequence_entries()
        private = now()
        Claim.objects.filter(pk=claim.pk).update(text="The wording.", listed_at=timezone.now())
        sequence_entries()
        url = f"/api/v1/claims/{claim.public_id}/"
        assert public.get(url, {"as_of": then}).status_code == 404
        assert public.get(url, {"as_of": private}).status_code == 404
        assert read(public, url, as_of=now())["text"] == "The wording."
        assert read(client_of("auditor"), url, as_of=private)["text"] == "A secret wording."

    def test_a_withdrawn_record_stays_withdrawn(self, public: APIClient) -> None:
        claim, other = make.ClaimFactory(listed=True), make.ClaimFactory(listed=True)
        make.ClaimRelationFactory(from_claim=other, to_claim=claim, state="confirmed")
        sequence_entries()
        then = now()
        Claim.objects.filter(pk=other.pk).update(listed_at=None)
        sequence_entries()
        assert public.get(f"/api/v1/claims/{other.public_id}/", {"as_of": then}).status_code == 404
        content = public.get(f"/api/v1/claims/{claim.public_id}/", {"as_of": then}).content.decode()
        assert other.text not in content

    @pytest.mark.parametrize(
        "moment", ["yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "\x00", ""]
    )
    def test_an_invalid_time_is_refused(self, public: APIClient, moment: str) -> None:
        claim = make.ClaimFactory(listed=True)
        response = public.get(f"/api/v1/claims/{claim.public_id}/", {"as_of": moment})
        assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "as_of")

    def test_a_future_time_is_refused(self, public: APIClient) -> None:
        claim = make.ClaimFactory(listed=True)
        tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        response = public.get(f"/api/v1/claims/{claim.public_id}/", {"as_of": tomorrow})
        assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "as_of")


class TestEntries:
    def test_a_draft_is_only_a_hash_for_the_public(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        make.ClaimFactory(text="A secret wording.")
        listed_claim = make.ClaimFactory(listed=True)
        everyone = read(public, "/api/v1/ledger/entries")
        staff = read(client_of("auditor"), "/api/v1/ledger/entries")
        assert [e["leaf"] for e in everyone["results"]] == [e["leaf"] for e in staff["results"]]
        assert [e["entry"] and e["entry"]["object"] for e in everyone["results"]] == [
            None,
            str(listed_claim.public_id),
        ]
        assert all(e["entry"] for e in staff["results"])

    def test_text_that_was_never_public_stays_hidden(self, public: APIClient) -> None:
        claim = make.ClaimFactory(listed=True, text="At first.")
        url = f"/api/v1/ledger/entries?from={Entry.objects.count() - 1}"
        read(public, url)
        rows = Claim.objects.filter(pk=claim.pk)
        rows.update(listed_at=None)
        rows.update(text="A secret wording.")
        rows.update(text="At last.")
        rows.update(listed_at=timezone.now())
        content = public.get(url).content.decode()
        assert "secret" not in content
        assert "At first." in content
        assert "At last." in content

    def test_the_text_of_a_snapshot_is_for_staff_only(
        self, public: APIClient, client_of: Callable[..., APIClient]
    ) -> None:
        snapshot = make.SnapshotFactory()
        make.StatementFactory(
            claim__listed_at=timezone.now(), document=snapshot.document, snapshot=snapshot
        )
        assert "Ada Quill, the harbour" not in public.get("/api/v1/ledger/entries").content.decode()
        staff = client_of("auditor").get("/api/v1/ledger/entries").content.decode()
        assert "Ada Quill, the harbour" in staff

    @pytest.mark.parametrize(
        ("address", "parameter"),
        [
            ("entries?from=-1", "from"),
            ("entries?from=1.5", "from"),
            ("entries?from=99999999999999999999", "from"),
            ("entries?from=9", "from"),
            ("entries?page_size=201", "page_size"),
            ("entries?form=1", "form"),
            ("proof/inclusion", "index"),
            ("proof/inclusion?index=1", "index"),
            ("proof/inclusion?index=0&size=0", "size"),
            ("proof/consistency?old=2&new=1", "old"),
        ],
    )
    def test_an_invalid_position_is_refused(
        self, public: APIClient, address: str, parameter: str
    ) -> None:
        make.ClaimFactory()
        response = public.get(f"/api/v1/ledger/{address}")
        assert response.status_code == 400
        assert response.json()["errors"][0]["parameter"] == parameter


def test_text_changed_together_with_unlisting_stays_hidden(public: APIClient) -> None:
    statement = make.StatementFactory(claim__listed_at=timezone.now())
    claims = Claim.objects.filter(pk=statement.claim_id)
    rows = type(statement).objects.filter(pk=statement.pk)
    sequence_entries()
    rows.update(attributed_as="A secret wording.")
    claims.update(listed_at=None)
    sequence_entries()
    rows.update(attributed_as="At last.")
    sequence_entries()
    claims.update(listed_at=timezone.now())
    for url in (
        "/api/v1/ledger/entries",
        f"/api/v1/statements/{statement.public_id}/history/",
        f"/api/v1/claims/{statement.claim.public_id}/history/",
    ):
        content = public.get(url).content.decode()
        assert "secret" not in content, url
        assert "At last." in content, url


def test_a_past_with_too_many_records_is_refused(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = make.StatementFactory(claim__listed_at=timezone.now())
    url = f"/api/v1/claims/{statement.claim.public_id}/"
    sequence_entries()
    assert public.get(url, {"as_of": now()}).status_code == 200
    monkeypatch.setattr("claimsapi.core.ledger.as_of._MAX_RECORDS", 3)
    response = public.get(url, {"as_of": now()})
    assert (response.status_code, response.json()["type"]) == (503, "/api/problems/too-much")


def test_a_number_beyond_exact_json_is_refused(
    client_of: Callable[..., APIClient],
) -> None:
    body = {"slug": "z", "name": "Z", "version": 2**60}
    response = client_of("editor").post("/api/v1/rating-scales/", body)
    assert response.status_code in {400, 409}
