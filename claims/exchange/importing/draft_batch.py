"""A batch of drafts: markup of this desk's own pages, which the desk then publishes."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from claims.choices import PUBLIC_STATES, ClaimStatus, CorrectionKind, VersionState
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.importing.batch import Batch, describe_changes
from claims.exchange.importing.entity_resolver import EntityResolver
from claims.exchange.importing.rows import Outcome, Row
from claims.models import Claim, Review, ReviewVersion
from claims.services.reviews import copy_evidence
from claimsapi.core.errors import Conflict, DomainError, Invalid
from claimsapi.core.models import User, with_new_revision

UNCHANGED_NOTE: Final = "The publisher restored the review without changes."  # public


@dataclass(frozen=True, slots=True)
class Draft:
    """A row that becomes a draft, its existing review and the newest version of that review."""

    row: Row
    review: Review | None = None
    newest: ReviewVersion | None = None


class DraftRefused(Exception):
    """The row cannot become a draft."""

    def __init__(self, row: Row, error: DomainError) -> None:
        super().__init__(str(error))
        self.row, self.error = row, error


class DraftBatch(Batch):
    """Rows of one transaction that become drafts.

    A row changes the draft of its review. If the review is published, the row prepares its next
    version with the same evidence. :meth:`plan` raises ``DraftRefused`` for a submitted version,
    which must be returned first, and for another wording of a published claim. In that case no
    row is written.
    """

    claim_status = ClaimStatus.IN_REVIEW

    def __init__(self, resolver: EntityResolver, author: User, drafts: list[Draft]) -> None:
        rows = [(draft.row, draft.newest) for draft in drafts]
        super().__init__(resolver, author, timezone.now(), frozenset(), rows)
        self._drafts = drafts
        self._changed_versions: list[ReviewVersion] = []
        self._evidence_copies: list[tuple[ReviewVersion, ReviewVersion]] = []  # from, to

    def plan(self) -> None:
        self._statements.load_documents(
            work for draft in self._drafts for work in draft.row.parsed_review.appearances
        )
        for draft in self._drafts:
            try:
                if draft.review is None:
                    self._create(draft.row)
                elif draft.newest is None:
                    # Somebody discarded the review's only draft: start again.
                    self._reword(draft.row, draft.review)
                    self._make_draft(draft.row, draft.review, 1)
                else:
                    self._continue(draft.row, draft.review, draft.newest)
            except DomainError as error:
                raise DraftRefused(draft.row, error) from None

    def _create(self, row: Row) -> None:
        review = self._build_review(row)  # it gets a slug on publication
        self._new_reviews.append(review)
        self._make_draft(row, review, 1)

    def _continue(self, row: Row, review: Review, newest: ReviewVersion) -> None:
        """Change the newest version if it is a draft, else prepare the next one."""
        row.outcome, row.review = Outcome.UPDATED, str(review.public_id)
        if newest.state == VersionState.SUBMITTED:
            raise Conflict(_("The version was submitted. Return it before you edit it."))
        public = review.versions.filter(state__in=PUBLIC_STATES).order_by("-number").first()
        if public is None:
            self._reword(row, review)
        elif review.claim.text != row.parsed_review.claim:
            raise Invalid(
                _(
                    "This claim has a published verdict, so its text is final."
                    " Create a new claim for the new text."
                ),
                field="claimReviewed",
            )
        if newest.state == VersionState.DRAFT:
            self._change_draft(row, newest, public)
            return
        version = self._make_draft(row, review, newest.number + 1)
        version.correction_kind = CorrectionKind.UPDATE
        version.correction_note = _make_note(load_markup(newest.markup)[0], row.normalized)
        self._evidence_copies.append((newest, version))

    def _change_draft(self, row: Row, draft: ReviewVersion, public: ReviewVersion | None) -> None:
        if public is not None:
            published, old = load_markup(public.markup)[0], load_markup(draft.markup)[0]
            # Replace only a generated note: a person's own words stay.
            if draft.correction_note in {"", _make_note(published, old)}:
                draft.correction_note = _make_note(published, row.normalized)
        for name, value in self._version_fields(row).items():
            setattr(draft, name, value)
        self._changed_versions.append(draft)

    def _make_draft(self, row: Row, review: Review, number: int) -> ReviewVersion:
        fields = self._version_fields(row)
        version = ReviewVersion(review=review, number=number, author=self._author, **fields)
        self._versions.append(version)
        row.outcome, row.review = row.outcome or Outcome.CREATED, str(review.public_id)
        return version

    def _version_fields(self, row: Row) -> dict[str, Any]:
        parsed = row.parsed_review
        return {
            "rating": self._resolver.resolve_rating(parsed, row.notes),
            "headline": parsed.headline,
            "summary": parsed.summary,
            "body": parsed.body,
            "markup": row.markup,
        }

    def _reword(self, row: Row, review: Review) -> None:
        """Apply the row's wording to the claim of an unpublished review.

        A public claim, or one with other reviews, does not change: a draft must not change public
        records. The review gets a new claim instead.
        """
        claim, text = review.claim, row.parsed_review.claim
        if claim.status == ClaimStatus.REJECTED:
            raise Conflict(_("The claim was rejected. Reopen it before you review it."))
        is_public = Claim.objects.public().filter(pk=claim.pk).exists()
        if is_public and claim.text == text:
            return
        others = Review.objects.filter(claim=claim).exclude(pk=review.pk)
        if is_public or others.exists():
            self._reworded.append((review, claim, self._make_claim(row)))
            return
        self._resolver.prefer_speakers_of(claim)
        if claim.text != text:
            Claim.objects.filter(pk=claim.pk).update(**with_new_revision(text=text))
        unreviewed = Claim.objects.filter(pk=claim.pk, status=ClaimStatus.UNREVIEWED)
        unreviewed.update(**with_new_revision(status=ClaimStatus.IN_REVIEW))
        self._statements.update(row, claim)

    def _replace_claim(
        self,
        review: Review,
        old_claim: Claim,  # noqa: ARG002  the signature of Batch
        claim: Claim,
    ) -> None:
        """Connect the review to its new claim. A draft does not reject or redirect the old one."""
        Review.objects.filter(pk=review.pk).update(**with_new_revision(claim=claim))

    def _write_versions(self) -> None:
        """Save the drafts; people publish them later."""
        for version in (*self._versions, *self._changed_versions):
            version.save()
        for before, after in self._evidence_copies:
            copy_evidence(before=before, after=after)


def _make_note(old: Json, new: Json) -> str:
    """Return the generated correction note of the next version, which a person may replace."""
    return UNCHANGED_NOTE if old == new else describe_changes(old, new)
