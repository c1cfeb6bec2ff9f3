"""Seed entries of reviews: versions and evidence go through the same services as at the desk."""

from typing import Any

from django.core.exceptions import ValidationError

from claims import choices, workflow
from claims.exchange.seeds.case import Case, convert_error
from claims.exchange.seeds.parser import Entry, SeedError
from claims.exchange.seeds.passage import read_passage
from claims.models import Claim, Evidence, Rating, Review, ReviewVersion
from claims.services.reviews import open_review, prepare_next_version
from claimsapi.core.errors import DomainError
from claimsapi.core.models import User
from sources.models import Publisher


def load_review(case: Case, entry: Entry, claim: Claim) -> None:
    """Load a review with its versions.

    An existing review keeps its versions and evidence: those of the document are only checked.
    """
    publisher = case.require(entry, "publisher", Publisher)
    existing = Review.objects.filter(claim=claim, publisher=publisher).first()
    case.count(is_new=existing is None)
    if "versions" not in entry:
        raise entry.error("versions", "is missing.")
    review = existing or Review(claim=claim, publisher=publisher)
    for item in entry.entries("versions"):
        try:
            review = _load_version(case, item, review, is_new=existing is None)
        except DomainError as error:
            raise SeedError(item.file, item.line, "", str(error)) from None
        except ValidationError as error:
            raise convert_error(item, error) from None


def _load_version(case: Case, entry: Entry, review: Review, *, is_new: bool) -> Review:
    """Check a version; if the review ``is_new``, create it: draft, evidence, submit, publish.

    Returns the review, which the first version opens.
    """
    author, editor = case.require(entry, "author", User), case.find(entry, "editor", User)
    kind, note = _read_correction(entry)
    if kind and review._state.adding:
        raise entry.error("correction", "a first version has no correction.")
    content = {
        "rating": _read_rating(entry),
        "headline": entry.text("headline", "").strip(),
        "summary": entry.text("summary", "").strip(),
        "body": entry.text("body", "").strip(),
    }
    # An existing review creates no version, but its texts must be valid too.
    others = {field.name for field in ReviewVersion._meta.fields} - set(content)
    ReviewVersion(**content).clean_fields(exclude=others)
    version = None
    if is_new and review._state.adding:
        review = open_review(
            claim=review.claim, publisher=review.publisher, author=author, **content
        )
        version = review.versions.get()
    elif is_new:
        version = prepare_next_version(review=review, author=author, kind=kind, note=note)
        # The next version begins with a copy of the evidence. The document lists its own.
        version.evidence.all().delete()
        for name, value in content.items():
            setattr(version, name, value)
        version.save()
    for item in entry.entries("evidence"):
        _load_evidence(case, item, version)
    if version is not None and editor is not None:
        for transition, user in ((workflow.SUBMIT, author), (workflow.PUBLISH, editor)):
            # The first transition changed the revision, and the second one needs the current one.
            version.refresh_from_db()
            workflow.apply_transition(
                record=version, transition=transition, user=user, revision=version.revision
            )
    return review


def _read_correction(entry: Entry) -> tuple[str, str]:
    """Return the kind and the public note of a correction; empty texts if there is none."""
    correction = entry.entry("correction")
    if correction is None:
        return "", ""
    kind = correction.choice("kind", choices.CorrectionKind.values)
    note = correction.text("note").strip()
    correction.close()
    return kind, note


def _read_rating(entry: Entry) -> Rating | None:
    rating_entry = entry.entry("rating")
    if rating_entry is None:
        return None
    rating: Rating | None = Rating.objects.filter(
        scale__slug=rating_entry.text("scale"),
        scale__version=rating_entry.number("version") or 0,
        label=rating_entry.text("label"),
    ).first()
    rating_entry.close()
    if rating is None:
        raise entry.error(
            "rating", "unknown rating. Load the scales: manage.py loaddata rating_scales."
        )
    return rating


def _load_evidence(case: Case, entry: Entry, version: ReviewVersion | None) -> None:
    """Create the evidence of a new version. ``version`` is ``None`` for an existing review."""
    values: dict[str, Any] = read_passage(case, entry) | {
        "stance": entry.choice("stance", choices.Stance.values),
        "locator": entry.text("locator", ""),
        "is_primary": entry.flag("primary"),
        "note": entry.text("note", "").strip(),
        "confidential_reason": entry.text("confidential", "").strip(),
    }
    if version is not None:
        evidence = Evidence(
            version=version, is_confidential=bool(values["confidential_reason"]), **values
        )
        try:
            evidence.full_clean()
        except ValidationError as error:
            raise convert_error(entry, error) from None
        evidence.save()
    case.count(is_new=version is not None)
