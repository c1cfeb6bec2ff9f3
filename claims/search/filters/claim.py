"""By what claims, topics and relations are filtered."""

from collections.abc import Collection
from typing import Any, ClassVar, Final, Self
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet
from django.http import QueryDict

from claims.choices import RelationKind, RelationState, VersionState
from claims.models import (
    Claim,
    ClaimRelation,
    Evidence,
    ReviewVersion,
    Statement,
    Topic,
)
from claims.read_models.public_index import VERDICT_CODES
from claims.search.filters.criteria import (
    CLAIM_CRITERIA,
    CONTRADICTS,
    EXAMPLE_ID,
    HAS_EVIDENCE,
    REVIEW_CRITERIA,
    SPEAKER_CRITERIA,
    STATEMENT_CRITERIA,
    TOPIC,
    related_criteria,
)
from claims.search.full_text import filter_by_text, rank_matches
from claims.search.public_index import IdLookup, IndexKeys, has_overflowing_claims
from claims.search.query import parse_query
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet
from claimsapi.core.api.keyset import Ranking
from sources.models import Publisher, Speaker

# Parameters that the narrow index answers: its column, and where its number is looked up.
_NUMBERED: Final[dict[str, tuple[str, Any, str]]] = {
    "speaker": ("speaker", Speaker, "public_id"),
    "speaker__slug": ("speaker", Speaker, "slug"),
    "publisher": ("publisher", Publisher, "public_id"),
    "publisher__slug": ("publisher", Publisher, "slug"),
    "topic": ("topic", Topic, "slug"),
}
_MOMENTS: Final = {"created_at__gte": ">=", "created_at__lt": "<"}


class SearchField(forms.CharField):
    """A search, as its terms."""

    def clean(self, value: Any) -> Any:
        try:
            return parse_query(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class SearchFilter(django_filters.CharFilter):
    """Claims in whose text all terms stand."""

    field_class = SearchField

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return filter_by_text(qs, value, self.parent.request.user)


class TopicFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("slug", "text", "slug", "The topic's slug", "ferries", lookups=("exact",)),
    )

    class Meta:
        model = Topic
        fields = ()


class ClaimFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        *CLAIM_CRITERIA,
        *related_criteria("topics", TOPIC),
        *related_criteria("statements", *SPEAKER_CRITERIA, *STATEMENT_CRITERIA),
        *related_criteria("reviews", *REVIEW_CRITERIA),
        HAS_EVIDENCE,
        CONTRADICTS,
    )

    q = SearchFilter(
        label="Words of the claim, of what was said, of who said it and of what was found: "
        '`late ferry`, `"a phrase"`, `begin*`, `-without`.'
    )

    class Meta:
        model = Claim
        fields = ()

    def ranking(self) -> Ranking:
        """What ``q`` finds among what the other filters find, in order of relevance."""
        others = {*self.form.cleaned_data} - {"q"}
        rows = self.narrowed_to(others).qs
        terms = self.form.cleaned_data["q"]
        return Ranking(*rank_matches(rows, terms, self.request.user, narrowed=bool(others)))

    def sees_all(self) -> bool:
        """Whether the caller may see every claim; another sees the public ones."""
        return bool(self.request.user.has_perm("claims.view_claim"))

    def narrowed_to(self, names: Collection[str]) -> Self:
        """The same question with these filters alone."""
        kept = QueryDict(mutable=True)
        kept.update({name: self.data[name] for name in names})
        narrowed = type(self)(kept, self.queryset, request=self.request)
        narrowed.is_valid()  # as it was here
        return narrowed

    def related_topics(self) -> QuerySet[Any]:
        return Claim.topics.through.objects.filter(claim=OuterRef("pk"))

    def statements(self) -> QuerySet[Any]:
        """The statements, of claims that the caller may see, that the caller may see."""
        # Of a public claim everyone may see the statements: do not ask for each again.
        statements = Statement.objects.all()
        return statements.visible_to(self.request.user) if self.sees_all() else statements

    def related_statements(self) -> QuerySet[Any]:
        return self.statements().filter(claim=OuterRef("pk"))

    def standing(self) -> QuerySet[Any]:
        """The versions of reviews that are published now."""
        return ReviewVersion.objects.filter(state=VersionState.PUBLISHED)

    def related_reviews(self) -> QuerySet[Any]:
        return self.standing().filter(review__claim=OuterRef("pk"))

    def related_evidence(self) -> QuerySet[Any]:
        seen = Evidence.objects.visible_to(self.request.user)
        return seen.filter(version__review__claim=OuterRef("pk"))

    def match_contradicting(self, value: list[UUID]) -> Q:
        seen = ClaimRelation.objects.visible_to(self.request.user)
        seen = seen.filter(kind=RelationKind.CONTRADICTS).exclude(state=RelationState.REJECTED)
        outwards = seen.filter(to_claim__public_id__in=value).values("from_claim")
        inwards = seen.filter(from_claim__public_id__in=value).values("to_claim")
        return Q(pk__in=outwards) | Q(pk__in=inwards)

    def index_keys(self) -> IndexKeys | None:
        """The claims that are asked for, from the narrow index alone.

        None where it does not answer: to a caller who sees more than the public, and to other
        filters than one value each of speaker, verdict, publisher and topic, and ``created_at``.
        """
        asked: dict[str, Any] = self.form.cleaned_data
        if self.sees_all() or not asked.keys() <= {*_NUMBERED, *_MOMENTS, "verdict"}:
            return None
        facts: dict[str, IdLookup] = {}
        for name, value in asked.items():
            if name == "verdict":
                facts[name] = IdLookup(VERDICT_CODES[value])
            elif name in _NUMBERED:
                column, model, key = _NUMBERED[name]
                if column in facts:  # by id and by slug
                    return None
                facts[column] = IdLookup(
                    value, model._meta.db_table, model._meta.get_field(key).column
                )
        if len(facts) > 1 and has_overflowing_claims():
            return None
        moments = ((_MOMENTS[name], asked[name]) for name in asked.keys() & _MOMENTS.keys())
        return IndexKeys(facts, tuple(moments))


class ClaimRelationFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion("kind", "choice", "kind", "How they relate", "contradicts", choices=RelationKind),
        Criterion(
            "state", "choice", "state", "What was decided", "confirmed", choices=RelationState
        ),
        Criterion(
            "from_claim",
            "id",
            "from_claim__public_id",
            "Id of the first claim",
            EXAMPLE_ID,
            lookups=("exact",),
        ),
        Criterion(
            "to_claim",
            "id",
            "to_claim__public_id",
            "Id of the second claim",
            EXAMPLE_ID,
            lookups=("exact",),
        ),
    )

    class Meta:
        model = ClaimRelation
        fields = ()
