"""Pages of ClaimReview markup: their drafts and reviews at the desk."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from claims import workflow
from claims.choices import ReviewOrigin, VersionState
from claims.exchange.claimreview.extractor import Item
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import read_rows
from claims.exchange.importing.service import get_import_author
from claims.models import Review, ReviewVersion
from claimsapi.core.models import Entry
from sources.models import Identifier, Speaker
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.factcheck.accounts import (
    SITE,
    Caller,
    build_markup,
    build_page,
    check_error,
    publish,
)


@pytest.mark.django_db
def test_each_markup_of_a_page_becomes_a_draft_with_the_same_content(editor: Caller) -> None:
    other = build_markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    page = editor.create_page(build_markup(), other)
    assert page == editor.get_page(page["name"])
    assert page["claimReviewMarkups"] == [build_markup(url=f"https://{SITE}/ferries"), other]
    assert {name: page[name] for name in ("pageUrl", "publishDate", "claimReviewAuthor")} == {
        name: build_page()[name] for name in ("pageUrl", "publishDate", "claimReviewAuthor")
    }
    assert page["versionId"]
    first, second = Review.objects.order_by("pk")
    assert page["name"] == f"pages/{first.public_id}"
    for review in (first, second):
        version = review.versions.get()
        assert (review.origin, review.publisher.site) == (ReviewOrigin.IMPORTED, SITE)
        assert (version.state, version.author) == (VersionState.DRAFT, editor.user)
        assert version.summary == "Most were on time & in order."
        assert version.rating.label == "False"
        assert review.claim.status == "in_review"
        assert review.slug is None
    entries = Entry.objects.filter(object__in=[first.public_id, first.versions.get().public_id])
    assert {entry.actor for entry in entries} == {f"@{editor.user.handle}"}


@pytest.mark.django_db
def test_the_authors_of_a_page_cannot_publish_it(editor: Caller) -> None:
    page = editor.create_page()
    second = Caller(make.UserFactory(role="editor"))
    body = build_page(build_markup(claimDate="2024-05-02"), versionId=page["versionId"])
    assert second.put_page(page["name"], body).status_code == 200
    version = ReviewVersion.objects.get()
    make.EvidenceFactory(version=version)
    make.move(version, workflow.SUBMIT, editor.user)
    for user in (editor.user, second.user):
        with pytest.raises(Exception, match="must publish it"):
            make.move(version, workflow.PUBLISH, user)
    make.move(version, workflow.PUBLISH, make.UserFactory(role="editor"))
    [claim] = editor.client.get("/v1alpha1/claims:search", {"query": "late"}).json()["claims"]
    [review] = claim["claimReview"]
    assert review["url"] == f"https://{SITE}/ferries"


@pytest.mark.django_db
def test_an_update_changes_drafts_and_prepares_next_versions_of_published_reviews(
    editor: Caller,
) -> None:
    two = build_markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    page = editor.create_page(build_markup(), two)
    first, second = Review.objects.order_by("pk")
    publish(first)
    current = editor.get_page(page["name"])
    assert current["versionId"] != page["versionId"]
    for one in current["claimReviewMarkups"]:
        one["rating"]["textualRating"] = "Mostly false"
    response = editor.put_page(page["name"], current)
    assert response.status_code == 200, response.content
    updated = response.json()
    assert updated["claimReviewMarkups"] == current["claimReviewMarkups"]
    assert updated["versionId"] != current["versionId"]
    published, draft = first.versions.order_by("number")
    assert (published.state, published.rating.label) == (VersionState.PUBLISHED, "False")
    assert (draft.state, draft.correction_kind) == (VersionState.DRAFT, "update")
    assert "from “False” to “Mostly false”" in draft.correction_note
    assert draft.evidence.count() == 1
    assert second.versions.get().rating.label == "Mostly false"
    assert editor.put_page(page["name"], updated).json() == updated


@pytest.mark.django_db
def test_a_deletion_discards_drafts_and_retracts_published_versions(editor: Caller) -> None:
    two = build_markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    three = build_markup(url=f"https://{SITE}/ferries#three", claimReviewed="Ferries are red")
    page = editor.create_page(build_markup(), two, three)
    first, second, third = Review.objects.order_by("pk")
    publish(first)
    submitted = third.versions.get()
    make.EvidenceFactory(version=submitted)
    make.move(submitted, workflow.SUBMIT, editor.user)
    response = editor.send("delete", f"/v1alpha1/{page['name']}")
    assert (response.status_code, response.json()) == (200, {})
    version = first.versions.get()
    assert (version.state, version.retraction_note) == (
        VersionState.RETRACTED,
        "The page with this review was withdrawn.",
    )
    assert not second.versions.exists()
    assert not third.versions.exists()
    check_error(editor.send("get", f"/v1alpha1/{page['name']}"), 404, "NOT_FOUND")
    check_error(editor.send("delete", f"/v1alpha1/{page['name']}"), 404, "NOT_FOUND")
    assert editor.list_pages(organization=SITE) == []
    again = editor.create_page(build_markup(), two)
    assert again["name"] == page["name"]
    assert Review.objects.count() == 3
    draft = first.versions.get(number=2)
    assert (draft.state, draft.correction_note) == (
        VersionState.DRAFT,
        "The publisher restored the review without changes.",
    )


@pytest.mark.django_db
def test_a_reworded_draft_stays_the_same_review(editor: Caller) -> None:
    page = editor.create_page()
    other = {"name": "Bo Reed"}
    body = build_page(
        build_markup(
            claimReviewed="Ferries are always late", claimAuthor=other, claimAppearances=None
        ),
        versionId=page["versionId"],
    )
    assert editor.put_page(page["name"], body).status_code == 200
    review = Review.objects.get()
    assert review.claim.text == "Ferries are always late"
    speakers = review.claim.statements.values_list("speaker__name", "document__url")
    assert list(speakers) == [("Bo Reed", "https://paper.example/first")]


@pytest.mark.django_db
def test_an_update_keeps_a_statement_that_a_person_edited(editor: Caller) -> None:
    page = editor.create_page()
    statement = Review.objects.get().claim.statements.first()
    statement.quotation = "direct"
    statement.save()
    body = build_page(build_markup(claimAuthor={"name": "Bo Reed"}), versionId=page["versionId"])
    assert editor.put_page(page["name"], body).status_code == 200
    speakers = Review.objects.get().claim.statements.values_list("speaker__name", flat=True)
    assert set(speakers) == {"Ada Quill", "Bo Reed"}


@pytest.mark.django_db
def test_a_published_claim_cannot_be_reworded_and_a_submitted_version_cannot_change(
    editor: Caller,
) -> None:
    page = editor.create_page()
    review = Review.objects.get()
    draft = review.versions.get()
    make.EvidenceFactory(version=draft)
    make.move(draft, workflow.SUBMIT, editor.user)
    body = build_page(
        build_markup(claimDate=None), versionId=editor.get_page(page["name"])["versionId"]
    )
    response = editor.put_page(page["name"], body)
    assert "Return it" in check_error(response, 409, "ABORTED", "claimReviewMarkups[0]")
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))
    version_id = editor.get_page(page["name"])["versionId"]
    response = editor.put_page(
        page["name"],
        build_page(build_markup(claimReviewed="Ferries are late!"), versionId=version_id),
    )
    check_error(response, 400, "INVALID_ARGUMENT", "claimReviewMarkups[0].claimReviewed")
    assert editor.get_page(page["name"])["versionId"] == version_id
    assert review.versions.count() == 1


@pytest.mark.django_db
def test_an_update_withdraws_missing_markups(editor: Caller) -> None:
    two = build_markup(url=f"https://{SITE}/ferries#two", claimReviewed="Ferries are dear")
    page = editor.create_page(build_markup(), two)
    first, second = Review.objects.order_by("pk")
    publish(first)
    current = editor.get_page(page["name"])
    response = editor.put_page(page["name"], build_page(two, versionId=current["versionId"]))
    assert response.json()["claimReviewMarkups"] == [two]
    assert first.versions.get().state == VersionState.RETRACTED
    assert second.versions.get().state == VersionState.DRAFT


@pytest.mark.django_db
def test_an_update_keeps_properties_that_a_page_cannot_express(editor: Caller) -> None:
    review = plain(
        reviewBody="The log of a year.", inLanguage="en", keywords="ferries", name="Not all of them"
    )
    list(
        ReviewImporter(author=get_import_author(), archive=True).run(
            read_rows(iter([Item(review)]))
        )
    )
    [current] = editor.list_pages(url="https://checker.example/1")
    assert editor.put_page(current["name"], current).json() == current
    assert ReviewVersion.objects.count() == 1
    current["claimReviewMarkups"][0]["rating"]["ratingExplanation"] = "It was late twice."
    assert editor.put_page(current["name"], current).status_code == 200
    draft = ReviewVersion.objects.get(number=2)
    assert (draft.state, draft.body, draft.headline, draft.summary) == (
        VersionState.DRAFT,
        "The log of a year.",
        "Not all of them",
        "It was late twice.",
    )


@pytest.mark.django_db
def test_an_import_does_not_change_a_draft_of_this_desk(editor: Caller) -> None:
    editor.create_page(pageUrl="https://checker.example/1")
    [row] = ReviewImporter(author=get_import_author(), archive=True).run(
        read_rows(iter([Item(plain())]))
    )
    assert (row.outcome, row.notes[-1]) == (
        "same",
        "Skipped: the review has an open version at this desk.",
    )
    assert ReviewVersion.objects.get().state == VersionState.DRAFT


@pytest.mark.django_db
def test_roles_identifiers_and_appearances_of_a_draft_are_recorded_on_publication(
    editor: Caller,
) -> None:
    page = editor.create_page(
        build_markup(claimAuthor={"name": "Ada Quill"}, claimFirstAppearance=None)
    )
    review = Review.objects.get()
    publish(review)
    first = list(review.claim.statements.values_list("document__url", flat=True))
    author = {
        "name": "Ada Quill",
        "jobTitle": "Admiral",
        "sameAs": "https://encyclopedia.example/ada",
    }
    body = build_page(
        build_markup(claimAuthor=author), versionId=editor.get_page(page["name"])["versionId"]
    )
    assert editor.put_page(page["name"], body).status_code == 200
    assert list(review.claim.statements.values_list("document__url", flat=True)) == first
    assert not Identifier.objects.exists()
    draft = review.versions.get(number=2)
    make.move(draft, workflow.SUBMIT, editor.user)
    make.move(draft, workflow.PUBLISH, make.UserFactory(role="editor"))
    assert set(review.claim.statements.values_list("document__url", "affiliation__role")) == {
        ("https://paper.example/second", "Admiral"),
        ("https://paper.example/first", "Admiral"),
    }
    [identifier] = Identifier.objects.all()
    assert (identifier.speaker.name, identifier.url) == ("Ada Quill", author["sameAs"])


@pytest.mark.django_db
def test_the_api_rejects_edits_of_an_imported_finding(
    editor: Caller, client_of: Callable[..., APIClient]
) -> None:
    editor.create_page()
    review = Review.objects.get()
    path = f"/api/v1/reviews/{review.public_id}/"
    client = client_of(editor.user)
    etag = client.get(path)["ETag"]
    response = client.patch(path, {"summary": "Other."}, headers={"if-match": etag})
    assert response.status_code == 409
    assert "change it at its source" in response.json()["detail"]


@pytest.mark.django_db
def test_an_update_keeps_the_speaker_of_a_claim_if_several_have_the_name(editor: Caller) -> None:
    for _ in range(2):
        make.SpeakerFactory(name="Ada Quill")
    author = {"name": "Ada Quill"}
    page = editor.create_page(build_markup(claimAuthor=author))
    body = build_page(build_markup(claimAuthor=author, claimDate=None), versionId=page["versionId"])
    assert editor.put_page(page["name"], body).status_code == 200
    review = Review.objects.get()
    publish(review)
    assert Speaker.objects.count() == 3
    speakers = review.claim.statements.values_list("speaker", flat=True)
    assert (len(speakers), len(set(speakers))) == (2, 1)


@pytest.mark.django_db
def test_publication_does_not_restore_statements_that_people_changed(
    editor: Caller,
) -> None:
    editor.create_page()
    review = Review.objects.get()
    statement, other = review.claim.statements.order_by("pk")
    other.delete()
    statement.speaker = make.SpeakerFactory(name="Bo Reed")
    statement.affiliation = None
    statement.save()
    publish(review)
    assert [s.speaker.name for s in review.claim.statements.all()] == ["Bo Reed"]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["draft", "published"])
def test_claims_that_differ_by_a_sign_stay_apart_when_a_page_is_sent_again(
    state: str, editor: Caller
) -> None:
    rose, fell = (build_markup(claimReviewed=f"Taxes rose {one} %") for one in (5, -5))
    page = editor.create_page(rose, fell)
    reviews = list(Review.objects.order_by("pk"))
    if state == "published":
        for review in reviews:
            publish(review)
    current = editor.get_page(page["name"])
    for body in (current, {**current, "claimReviewMarkups": current["claimReviewMarkups"][::-1]}):
        response = editor.put_page(page["name"], body)
        assert response.status_code == 200, response.content
        assert response.json() == current
    assert [review.claim.text for review in Review.objects.order_by("pk")] == [
        "Taxes rose 5 %",
        "Taxes rose -5 %",
    ]
    assert ReviewVersion.objects.count() == 2


@pytest.mark.django_db
def test_a_retracted_review_does_not_prevent_a_claim_that_differs_by_a_sign(editor: Caller) -> None:
    rose, fell = (build_markup(claimReviewed=f"Taxes rose {one} %") for one in (5, -5))
    page = editor.create_page(rose)
    publish(Review.objects.get())
    assert editor.send("delete", f"/v1alpha1/{page['name']}").status_code == 200
    second = editor.create_page(fell)
    assert [one["claimReviewed"] for one in second["claimReviewMarkups"]] == ["Taxes rose -5 %"]
    assert Review.objects.count() == 2
    both = editor.put_page(second["name"], {**second, "claimReviewMarkups": [rose, fell]})
    assert both.status_code == 200, both.content
    assert Review.objects.count() == 2
