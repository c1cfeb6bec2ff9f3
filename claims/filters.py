"""By what claims, statements, ratings and reviews are filtered.

A filter over related records looks only at those that the caller may see.
"""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from claims.choices import (
    PUBLIC_STATES,
    Checkability,
    ClaimKind,
    ClaimStatus,
    CorrectionKind,
    Quotation,
    RelationKind,
    RelationState,
    SourceGiven,
    Stance,
    Verdict,
    VersionState,
)
from claims.models import (
    Claim,
    ClaimRelation,
    Correction,
    Evidence,
    Rating,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
    Topic,
)
from claimsapi.core.api.filters import (
    ChoiceInFilter,
    MomentFilter,
    RecordFilterSet,
    TextInFilter,
    UUIDInFilter,
    related,
)
from sources.choices import SpeakerKind

STANDING = VersionState.PUBLISHED


class TopicFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The topic's slug.")

    class Meta:
        model = Topic
        fields = ()


class ClaimFilterSet(RecordFilterSet):
    status = django_filters.ChoiceFilter(choices=ClaimStatus, label="Where it stands in our work.")
    status__in = ChoiceInFilter("status", choices=ClaimStatus, label="Any of these, with commas.")
    kind = django_filters.ChoiceFilter(choices=ClaimKind, label="What sort of proposition.")
    kind__in = ChoiceInFilter("kind", choices=ClaimKind, label="Any of these, with commas.")
    checkability = django_filters.ChoiceFilter(
        choices=Checkability, label="How far evidence can decide it."
    )
    language = django_filters.CharFilter("language", label="Language tag, such as en.")
    topic = django_filters.CharFilter(method="by_topic", label="A topic's slug.")
    topic__in = TextInFilter(method="by_topics", label="Any of these topics, with commas.")
    speaker = django_filters.UUIDFilter(method="by_speaker", label="Id of someone who said it.")
    speaker__in = UUIDInFilter(method="by_speakers", label="Any of these speakers, with commas.")
    speaker__slug = django_filters.CharFilter(
        method="by_speaker_slug", label="Slug of someone who said it."
    )
    speaker__kind = django_filters.ChoiceFilter(
        choices=SpeakerKind, method="by_speaker_kind", label="What said it."
    )
    document = django_filters.UUIDFilter(
        method="by_document", label="Id of a document in which it appears."
    )
    publisher = django_filters.UUIDFilter(
        method="by_publisher", label="Id of a publisher whose review of it stands."
    )
    verdict = django_filters.ChoiceFilter(
        choices=Verdict, method="by_verdict", label="The verdict of a review of it that stands."
    )
    verdict__in = ChoiceInFilter(
        choices=Verdict, method="by_verdicts", label="Any of these verdicts, with commas."
    )

    class Meta:
        model = Claim
        fields = ()

    def _said(self, queryset: QuerySet[Claim], condition: Q) -> QuerySet[Claim]:
        statements = Statement.objects.visible_to(self.request.user)
        return queryset.filter(related(statements, "claim", condition))

    def _found(self, queryset: QuerySet[Claim], condition: Q) -> QuerySet[Claim]:
        standing = ReviewVersion.objects.filter(state=STANDING)
        return queryset.filter(related(standing, "review__claim", condition))

    def by_topic(self, queryset: QuerySet[Claim], _: str, value: str) -> QuerySet[Claim]:
        return self.by_topics(queryset, _, [value])

    def by_topics(self, queryset: QuerySet[Claim], _: str, value: list[str]) -> QuerySet[Claim]:
        links = Claim.topics.through.objects.all()
        return queryset.filter(related(links, "claim", Q(topic__slug__in=value)))

    def by_speaker(self, queryset: QuerySet[Claim], _: str, value: Any) -> QuerySet[Claim]:
        return self._said(queryset, Q(speaker__public_id=value))

    def by_speakers(self, queryset: QuerySet[Claim], _: str, value: Any) -> QuerySet[Claim]:
        return self._said(queryset, Q(speaker__public_id__in=value))

    def by_speaker_slug(self, queryset: QuerySet[Claim], _: str, value: str) -> QuerySet[Claim]:
        return self._said(queryset, Q(speaker__slug=value))

    def by_speaker_kind(self, queryset: QuerySet[Claim], _: str, value: str) -> QuerySet[Claim]:
        return self._said(queryset, Q(speaker__kind=value))

    def by_document(self, queryset: QuerySet[Claim], _: str, value: Any) -> QuerySet[Claim]:
        return self._said(queryset, Q(document__public_id=value))

    def by_publisher(self, queryset: QuerySet[Claim], _: str, value: Any) -> QuerySet[Claim]:
        return self._found(queryset, Q(review__publisher__public_id=value))

    def by_verdict(self, queryset: QuerySet[Claim], _: str, value: str) -> QuerySet[Claim]:
        return self._found(queryset, Q(rating__verdict=value))

    def by_verdicts(self, queryset: QuerySet[Claim], _: str, value: list[str]) -> QuerySet[Claim]:
        return self._found(queryset, Q(rating__verdict__in=value))


class ClaimRelationFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(choices=RelationKind, label="How they relate.")
    state = django_filters.ChoiceFilter(choices=RelationState, label="What was decided on it.")
    from_claim = django_filters.UUIDFilter("from_claim__public_id", label="Id of the one claim.")
    to_claim = django_filters.UUIDFilter("to_claim__public_id", label="Id of the other claim.")

    class Meta:
        model = ClaimRelation
        fields = ()


class StatementFilterSet(RecordFilterSet):
    claim = django_filters.UUIDFilter("claim__public_id", label="The claim's id.")
    speaker = django_filters.UUIDFilter("speaker__public_id", label="The speaker's id.")
    speaker__in = UUIDInFilter("speaker__public_id", label="Any of these speakers, with commas.")
    document = django_filters.UUIDFilter("document__public_id", label="The document's id.")
    quotation = django_filters.ChoiceFilter(choices=Quotation, label="How the words are given.")
    quotation__in = ChoiceInFilter("quotation", choices=Quotation, label="Any of these.")
    source_given = django_filters.ChoiceFilter(
        choices=SourceGiven, label="What source the document gives."
    )

    class Meta:
        model = Statement
        fields = ()


class RatingScaleFilterSet(RecordFilterSet):
    slug = django_filters.CharFilter("slug", label="The scale's slug.")
    publisher = django_filters.UUIDFilter("publisher__public_id", label="The publisher's id.")

    class Meta:
        model = RatingScale
        fields = ()


class RatingFilterSet(RecordFilterSet):
    scale = django_filters.UUIDFilter("scale__public_id", label="The scale's id.")
    verdict = django_filters.ChoiceFilter(choices=Verdict, label="The common verdict.")

    class Meta:
        model = Rating
        fields = ()


class ReviewFilterSet(RecordFilterSet):
    claim = django_filters.UUIDFilter("claim__public_id", label="The claim's id.")
    publisher = django_filters.UUIDFilter("publisher__public_id", label="The publisher's id.")
    verdict = django_filters.ChoiceFilter(
        choices=Verdict, method="by_verdict", label="The verdict that stands."
    )
    verdict__in = ChoiceInFilter(
        choices=Verdict, method="by_verdicts", label="Any of these verdicts, with commas."
    )
    state = django_filters.ChoiceFilter(
        choices=VersionState,
        method="by_state",
        label="Has a version in this state, among those that the caller may see.",
    )
    published_at__gte = MomentFilter(
        method="published_from", label="A version was published at or after this moment."
    )
    published_at__lt = MomentFilter(
        method="published_before", label="A version was published before this moment."
    )

    class Meta:
        model = Review
        fields = ()

    def _has(self, queryset: QuerySet[Review], condition: Q) -> QuerySet[Review]:
        versions = ReviewVersion.objects.visible_to(self.request.user)
        return queryset.filter(related(versions, "review", condition))

    def by_verdict(self, queryset: QuerySet[Review], _: str, value: str) -> QuerySet[Review]:
        return self._has(queryset, Q(state=STANDING, rating__verdict=value))

    def by_verdicts(self, queryset: QuerySet[Review], _: str, value: list[str]) -> QuerySet[Review]:
        return self._has(queryset, Q(state=STANDING, rating__verdict__in=value))

    def by_state(self, queryset: QuerySet[Review], _: str, value: str) -> QuerySet[Review]:
        return self._has(queryset, Q(state=value))

    def published_from(self, queryset: QuerySet[Review], _: str, value: Any) -> QuerySet[Review]:
        return self._has(queryset, Q(state__in=PUBLIC_STATES, published_at__gte=value))

    def published_before(self, queryset: QuerySet[Review], _: str, value: Any) -> QuerySet[Review]:
        return self._has(queryset, Q(state__in=PUBLIC_STATES, published_at__lt=value))


class EvidenceFilterSet(RecordFilterSet):
    review = django_filters.UUIDFilter("version__review__public_id", label="The review's id.")
    document = django_filters.UUIDFilter("document__public_id", label="The document's id.")
    stance = django_filters.ChoiceFilter(choices=Stance, label="What it does for the claim.")

    class Meta:
        model = Evidence
        fields = ()


class CorrectionFilterSet(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=CorrectionKind, label="What kind of correction.")
    kind__in = ChoiceInFilter("kind", choices=CorrectionKind, label="Any of these, with commas.")
    review = django_filters.UUIDFilter(method="by_review", label="The review's id.")
    claim = django_filters.UUIDFilter(method="by_review", label="The claim's id.")
    publisher = django_filters.UUIDFilter(method="by_review", label="The publisher's id.")
    at__gte = MomentFilter("at", "gte", label="Published at or after this moment (ISO 8601).")
    at__lt = MomentFilter("at", "lt", label="Published before this moment (ISO 8601).")

    class Meta:
        model = Correction
        fields = ()

    def by_review(
        self, queryset: QuerySet[Correction], name: str, value: Any
    ) -> QuerySet[Correction]:
        """By a list of reviews, not by a join: so each half of the view is searched by itself."""
        path = {"review": "public_id"}.get(name, f"{name}__public_id")
        return queryset.filter(review__in=Review.objects.filter(**{path: value}))
