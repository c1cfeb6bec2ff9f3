"""ClaimReviews of our own as drafts: what the desk's workflow then publishes."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import PUBLIC_STATES, ClaimStatus, CorrectionKind, ReviewOrigin, VersionState
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.importing.batch import Batch, describe_changes
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.rows import Outcome, Row
from claims.models import Claim, Review, ReviewVersion
from claims.services.reviews import evidence_copy
from claimsapi.core.errors import Conflict, DomainError, Invalid
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import User, with_new_revision

UNCHANGED_NOTE: Final = "The review stands again as it was."  # the public note


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that becomes a draft; ``review`` is what it is about, ``newest`` its last version."""

    row: Row
    review: Review | None = None
    newest: ReviewVersion | None = None


class DraftRefused(Exception):
    """A row of which no draft can be made, and why."""

    def __init__(self, row: Row, error: DomainError) -> None:
        super().__init__(str(error))
        self.row, self.error = row, error


class DraftBatch(Batch):
    """Rows that are written together, as drafts.

    A row whose review has a draft changes that one. One whose review was published prepares its
    next version, which rests on the same evidence. ``NotTaken`` says of a submitted version that it
    is returned first, and that a published verdict judges other words; nothing is written then.
    """

    status = ClaimStatus.IN_REVIEW

    def __init__(self, known: EntityResolver, author: User, drafts: list[Draft]) -> None:
        rows = [(one.row, one.newest) for one in drafts]
        super().__init__(known, author, timezone.now(), frozenset(), rows)
        self._drafts = drafts
        self._changed: list[ReviewVersion] = []
        self._copied: list[tuple[ReviewVersion, ReviewVersion]] = []

    def decide(self) -> None:
        works = [work for one in self._drafts for work in one.row.parsed_review.appearances]
        self._stating.look_up(works)
        for one in self._drafts:
            try:
                self._draft_of(one)
            except DomainError as error:
                raise DraftRefused(one.row, error) from None

    def _draft_of(self, one: Draft) -> None:
        if one.review is None:
            self._create(one.row)
        elif one.newest is None:
            self._begin_again(one.row, one.review)
        else:
            self._go_on(one.row, one.review, one.newest)

    def _create(self, row: Row) -> None:
        found, public_id = row.parsed_review, uuid7()
        review = Review(
            public_id=public_id,
            claim=self._claim(row),
            publisher=self._known.publisher(found, row.notes),
            origin=ReviewOrigin.IMPORTED,
            identifier=found.identifier,
        )
        self._new_reviews.append(review)
        self._draft(row, review, 1)

    def _begin_again(self, row: Row, review: Review) -> None:
        """The review's only draft was discarded."""
        self._reword(row, review)
        self._draft(row, review, 1)

    def _go_on(self, row: Row, review: Review, newest: ReviewVersion) -> None:
        row.outcome, row.review = Outcome.UPDATED, str(review.public_id)
        if newest.state == VersionState.SUBMITTED:
            fault = _("The version was submitted: it has to be returned before it is edited.")
            raise Conflict(fault)
        public = review.versions.filter(state__in=PUBLIC_STATES).order_by("-number").first()
        if public is None:
            self._reword(row, review)
        elif review.claim.text != row.parsed_review.claim:
            raise Invalid(
                _("A published verdict judges this wording: create another claim for another."),
                field="claimReviewed",
            )
        if newest.state == VersionState.DRAFT:
            self._change(row, newest, public)
            return
        version = self._draft(row, review, newest.number + 1)
        version.correction_kind = CorrectionKind.UPDATE
        version.correction_note = _note(load_markup(newest.markup)[0], row.normalized)
        self._copied.append((newest, version))

    def _change(self, row: Row, draft: ReviewVersion, public: ReviewVersion | None) -> None:
        if public is not None:
            published, before = load_markup(public.markup)[0], load_markup(draft.markup)[0]
            if draft.correction_note in {"", _note(published, before)}:  # nobody's own words
                draft.correction_note = _note(published, row.normalized)
        for name, value in self._content(row).items():
            setattr(draft, name, value)
        self._changed.append(draft)

    def _draft(self, row: Row, review: Review, number: int) -> ReviewVersion:
        content = self._content(row)
        version = ReviewVersion(review=review, number=number, author=self._author, **content)
        self._versions.append(version)
        row.outcome, row.review = row.outcome or Outcome.CREATED, str(review.public_id)
        return version

    def _content(self, row: Row) -> dict[str, Any]:
        found = row.parsed_review
        return {
            "rating": self._known.rating(found, row.notes),
            "headline": found.headline,
            "summary": found.summary,
            "body": found.body,
            "markup": row.markup,
        }

    def _reword(self, row: Row, review: Review) -> None:
        """Let the claim say what the row says: nobody has judged it yet.

        A claim that others review too, or that the public knows of, stays as it is: the review gets
        one of its own, since no draft changes what everyone may read.
        """
        claim, text = review.claim, row.parsed_review.claim
        if claim.status == ClaimStatus.REJECTED:
            raise Conflict(_("The claim was rejected: reopen it before reviewing it."))
        is_public = Claim.objects.public().filter(pk=claim.pk).exists()
        if is_public and claim.text == text:
            return
        others = Review.objects.filter(claim=claim).exclude(pk=review.pk)
        if is_public or others.exists():
            self._moved.append((review, claim, self._claim(row)))
            return
        self._known.prefer(claim)
        if claim.text != text:
            Claim.objects.filter(pk=claim.pk).update(**with_new_revision(text=text))
        undecided = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.UNREVIEWED)
        undecided.update(**with_new_revision(status=ClaimStatus.IN_REVIEW))
        self._stating.correct(row, claim)

    def _move(self, review: Review, before: Claim, claim: Claim) -> None:  # noqa: ARG002  Lot's
        Review.objects.filter(pk=review.pk).update(**with_new_revision(claim=claim))

    def _publish(self) -> None:
        """Write the drafts: nothing is published by writing it."""
        for version in (*self._versions, *self._changed):
            version.save()
        for before, after in self._copied:
            evidence_copy(before=before, after=after)


def _note(before: Json, after: Json) -> str:
    """What the public is told of the next version, until somebody says it better."""
    return UNCHANGED_NOTE if before == after else describe_changes(before, after)
