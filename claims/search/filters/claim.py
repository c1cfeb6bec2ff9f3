"""Filter sets of claims, topics and relations."""

from collections.abc import Collection
from typing import Any, ClassVar, Final, Self
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet
from django.http import QueryDict

from claims.choices import RelationKind, RelationState
from claims.models import (
    Claim,
    ClaimRelation,
    Evidence,
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
from claims.search.filters.related_rows import published_versions
from claims.search.public_index import IdLookup, PublicIndexKeySource, has_overflowing_claims
from claims.search.query import parse_query
from claims.search.text_queries import filter_by_text, rank_matches
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet
from claimsapi.core.api.keyset import Ranking
from sources.models import Publisher, Speaker

# Parameters that the public index answers: its dimension, and the column that finds the id.
_ID_PARAMETERS: Final[dict[str, tuple[str, Any, str]]] = {
    "speaker": ("speaker", Speaker, "public_id"),
    "speaker__slug": ("speaker", Speaker, "slug"),
    "publisher": ("publisher", Publisher, "public_id"),
    "publisher__slug": ("publisher", Publisher, "slug"),
    "topic": ("topic", Topic, "slug"),
}
_CREATED_OPERATORS: Final = {"created_at__gte": ">=", "created_at__lt": "<"}
_INDEX_PARAMETERS: Final = {*_ID_PARAMETERS, *_CREATED_OPERATORS, "verdict"}


class SearchField(forms.CharField):
    """A search query; its value is the query's terms."""

    def clean(self, value: Any) -> Any:
        try:
            return parse_query(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from None


class SearchFilter(django_filters.CharFilter):
    """Matches claims by their searchable text."""

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
        label="Search in the claim, its statements, speakers and reviews: "
        '`late ferry`, `"a phrase"`, `begin*`, `-without`.'
    )

    class Meta:
        model = Claim
        fields = ()

    def ranking(self) -> Ranking:
        """Return the claims that match ``q`` and the other filters, by relevance."""
        others = {*self.form.cleaned_data} - {"q"}
        rows = self.restrict_to(others).qs
        terms = self.form.cleaned_data["q"]
        return Ranking(*rank_matches(rows, terms, self.request.user, narrowed=bool(others)))

    def sees_all_claims(self) -> bool:
        """Whether the caller may see every claim. Other callers see public claims only."""
        return bool(self.request.user.has_perm("claims.view_claim"))

    def restrict_to(self, names: Collection[str]) -> Self:
        """Return a filter set with only these of the requested filters."""
        data = QueryDict(mutable=True)
        data.update({name: self.data[name] for name in names})
        restricted = type(self)(data, self.queryset, request=self.request)
        restricted.is_valid()  # it is: its values are valid in this filter set
        return restricted

    def visible_statements(self) -> QuerySet[Any]:
        """Return the statements that the caller may see, among those of visible claims."""
        # All statements of a public claim are public: a caller without permissions sees no other
        # claims, so a check of each statement would only cost time.
        statements = Statement.objects.all()
        return statements.visible_to(self.request.user) if self.sees_all_claims() else statements

    def matching_versions(self) -> QuerySet[Any]:
        """Return the published versions of reviews that meet the filters on reviews."""
        # Of a claim with several reviews only those with the requested verdict, publisher and so
        # on: the list matches the claim by them too.
        conditions = self.conditions_by_relation().get("reviews", Q())
        return published_versions().filter(conditions)

    def related_topics(self) -> QuerySet[Any]:
        return Claim.topics.through.objects.filter(claim=OuterRef("pk"))

    def related_statements(self) -> QuerySet[Any]:
        return self.visible_statements().filter(claim=OuterRef("pk"))

    def related_reviews(self) -> QuerySet[Any]:
        return published_versions().filter(review__claim=OuterRef("pk"))

    def related_evidence(self) -> QuerySet[Any]:
        evidence = Evidence.objects.visible_to(self.request.user)
        return evidence.filter(version__review__claim=OuterRef("pk"))

    def match_contradicting(self, value: list[UUID]) -> Q:
        relations = ClaimRelation.objects.visible_to(self.request.user)
        relations = relations.filter(kind=RelationKind.CONTRADICTS)
        relations = relations.exclude(state=RelationState.REJECTED)
        outgoing = relations.filter(to_claim__public_id__in=value).values("from_claim")
        incoming = relations.filter(from_claim__public_id__in=value).values("to_claim")
        return Q(pk__in=outgoing) | Q(pk__in=incoming)

    def get_public_index_keys(self) -> PublicIndexKeySource | None:
        """Return the requested claims as a range of the public index, or None if it has none.

        The index answers callers who see public claims only, and one value each of speaker,
        verdict, publisher and topic, with bounds on ``created_at``.
        """
        values: dict[str, Any] = self.form.cleaned_data
        if self.sees_all_claims() or not values.keys() <= _INDEX_PARAMETERS:
            return None
        dimensions: dict[str, IdLookup] = {}
        for name, value in values.items():
            if name == "verdict":
                dimensions[name] = IdLookup(VERDICT_CODES[value])
            elif name in _ID_PARAMETERS:
                dimension, model, key = _ID_PARAMETERS[name]
                if dimension in dimensions:  # by id and by slug
                    return None
                column = model._meta.get_field(key).column
                dimensions[dimension] = IdLookup(value, model._meta.db_table, column)
        # The rows of several dimensions are incomplete while a claim has too many of them.
        if len(dimensions) > 1 and has_overflowing_claims():
            return None
        bounds = (
            (_CREATED_OPERATORS[name], values[name])
            for name in values.keys() & _CREATED_OPERATORS.keys()
        )
        return PublicIndexKeySource(dimensions, tuple(bounds))


class ClaimRelationFilterSet(RecordFilterSet):
    criteria: ClassVar[tuple[Criterion, ...]] = (
        Criterion(
            "kind", "choice", "kind", "Kind of relation", "contradicts", choices=RelationKind
        ),
        Criterion(
            "state", "choice", "state", "State of the decision", "confirmed", choices=RelationState
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
