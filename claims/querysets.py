"""Querysets of claims: conditions for public records, and prefetches for their readers."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, Manager, Model, OuterRef, Prefetch, Q

from claims.choices import (
    OPEN_STATES,
    PUBLIC_STATES,
    ClaimStatus,
    RelationKind,
    RelationState,
    ReviewOrigin,
    VersionState,
)
from claimsapi.core.models import RecordQuerySet, User


def related_manager(model: type[Model], relation: str) -> Any:
    """Return the default manager of the model at the other end of a relation."""
    other: Any = model._meta.get_field(relation).related_model
    return other._default_manager


def has_public_parent(model: type[Model], key: str) -> Q:
    """Return the condition that the record of a foreign key is public."""
    # EXISTS per row: with IN, SQLite would first collect the keys of all public records.
    return Q(Exists(related_manager(model, key).public().filter(pk=OuterRef(key))))


class AssignmentQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return no rows: assignments are internal."""
        # A false condition instead of none(): the projection cannot compile an empty query.
        return self.filter(claim__isnull=True)

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("claim", "assignee")


class TopicQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.filter(
            Exists(related_manager(self.model, "claims").public().filter(topics=OuterRef("pk")))
        )


class ClaimQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return claims with a public review, and claims that an editor listed as in progress."""
        reviews = related_manager(self.model, "reviews").public()
        return self.filter(
            Q(listed_at__isnull=False) | Exists(reviews.filter(claim=OuterRef("pk")))
        )

    def find_same_as_target(self, public_id: Any, user: User | AnonymousUser) -> Any:
        """Return the claim that a duplicate redirects to, if the user may see it.

        The duplicate is rejected and has a confirmed ``same_as`` relation to that claim.
        """
        duplicate = {
            "relations_in__from_claim__public_id": public_id,
            "relations_in__from_claim__status": ClaimStatus.REJECTED,
            "relations_in__kind": RelationKind.SAME_AS,
            "relations_in__state": RelationState.CONFIRMED,
        }
        return self.visible_to(user).filter(**duplicate).order_by("pk").first()

    def for_api(self, user: User | AnonymousUser) -> Self:
        topics = related_manager(self.model, "topics").all()
        statements = related_manager(self.model, "statements").order_by("created_at", "public_id")
        if user.has_perm("claims.view_claim"):
            # Without this permission the claim is public, and so are its topics and statements.
            topics, statements = topics.visible_to(user), statements.visible_to(user)
        reviews = related_manager(self.model, "reviews").visible_to(user).order_by("public_id")
        relations = related_manager(self.model, "relations_out").visible_to(user)
        return self.prefetch_related(
            Prefetch("topics", topics),
            Prefetch("statements", statements.with_sources()),
            Prefetch("reviews", reviews.with_public_versions()),
            Prefetch("relations_out", relations.select_related("to_claim").order_by("public_id")),
            Prefetch("relations_in", relations.select_related("from_claim").order_by("public_id")),
        )


class StatementQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.filter(has_public_parent(self.model, "claim"))

    def with_sources(self) -> Self:
        """Load the speaker, the affiliation and the document with its publisher."""
        return self.select_related("speaker", "affiliation", "document__publisher")

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.with_sources().select_related("claim", "snapshot").defer("snapshot__text")


class RatingScaleQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return scales of published reviews. A scale without one may be in preparation."""
        versions = related_manager(related_manager(self.model, "ratings").model, "versions")
        used = versions.public().filter(rating__scale=OuterRef("pk"))
        return self.filter(Exists(used))

    def for_api(self, user: User | AnonymousUser) -> Self:
        ratings = related_manager(self.model, "ratings")
        rows = ratings.all() if user.has_perm("claims.view_rating") else ratings.in_public_use()
        return self.select_related("publisher").prefetch_related(Prefetch("ratings", rows))


class LabelVerdictQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return no rows: the ratings show the verdicts of labels."""
        return self.filter(key="")


class RatingQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.in_public_use().filter(has_public_parent(self.model, "scale"))

    def in_public_use(self) -> Self:
        """Return all ratings of own scales, and the published ratings of imported scales.

        An imported scale grows with each new label, and the newest one may belong to a draft.
        """
        # Own scales are complete and public as a whole.
        used = related_manager(self.model, "versions").public().filter(rating=OuterRef("pk"))
        return self.filter(Q(scale__origin=ReviewOrigin.OWN) | Exists(used))

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("scale")


class ReviewQuerySet(RecordQuerySet):
    def public(self) -> Self:
        versions = related_manager(self.model, "versions").public()
        return self.filter(Exists(versions.filter(review=OuterRef("pk"))))

    def with_public_versions(self) -> Self:
        """Load the publisher, and the public versions with their ratings, newest first."""
        versions = related_manager(self.model, "versions").public().select_related("rating__scale")
        return self.select_related("publisher").prefetch_related(
            Prefetch("versions", versions.order_by("-number"), to_attr="public_versions")
        )

    def current(self) -> Self:
        """Return reviews with a published version. Retracted reviews have none."""
        versions = related_manager(self.model, "versions").filter(state=VersionState.PUBLISHED)
        return self.filter(Exists(versions.filter(review=OuterRef("pk"))), slug__isnull=False)

    def newest_first(self, before: tuple[datetime, UUID] | None = None) -> Self:
        """Return current reviews by publication of their version, newest first.

        ``before`` is a keyset position: the publication timestamp and the public id of a version.
        """
        # One condition for all: separate filters would join the versions several times.
        current = Q(versions__state=VersionState.PUBLISHED)
        if before is not None:
            published_at, public_id = before
            current &= Q(versions__published_at__lt=published_at) | Q(
                versions__published_at=published_at, versions__public_id__lt=public_id
            )
        reviews = self.filter(current, slug__isnull=False)
        return reviews.order_by("-versions__published_at", "-versions__public_id")

    def for_lists(self) -> Self:
        """Load the relations of a list of reviews: claim, publisher and public versions."""
        versions = related_manager(self.model, "versions").public().order_by("-number")
        # Keep the markup column: the markup of an imported review has its publisher's date.
        versions_without_body = versions.select_related("rating").defer("body")
        return self.select_related("claim", "publisher").prefetch_related(
            Prefetch("versions", versions_without_body, to_attr="public_versions")
        )

    def for_markup(self) -> Self:
        """Load the public relations of the review's page and of its ClaimReview markup."""
        versions = related_manager(self.model, "versions")
        evidence = related_manager(versions.model, "evidence")
        statements = related_manager(related_manager(self.model, "claim").model, "statements")
        # Only ratings of own scales, for the numbers in the markup. Imported markup has its own.
        ratings = related_manager(versions.model, "rating").filter(scale__origin=ReviewOrigin.OWN)
        public_evidence = evidence.filter(is_confidential=False).select_related(
            "document__publisher"
        )
        public_versions = versions.public().select_related("rating__scale").order_by("-number")
        return self.select_related("claim", "publisher").prefetch_related(
            "claim__topics",
            Prefetch(
                "claim__statements",
                statements.with_sources()
                .order_by("created_at", "public_id")
                .prefetch_related("speaker__identifiers"),
            ),
            Prefetch(
                "versions",
                public_versions.prefetch_related(
                    Prefetch("rating__scale__ratings", ratings),
                    Prefetch("evidence", public_evidence.order_by("public_id")),
                ),
                to_attr="public_versions",
            ),
        )

    def for_api(self, user: User | AnonymousUser) -> Self:
        versions = related_manager(self.model, "versions")
        visible = versions.visible_to(user).order_by("-number")
        nested = visible.for_api(user)
        return self.select_related("claim", "publisher").prefetch_related(
            Prefetch("versions", nested.public(), to_attr="public_versions"),
            Prefetch("versions", nested.filter(state__in=OPEN_STATES), to_attr="open_versions"),
            Prefetch("versions", visible.select_related("rating"), to_attr="visible_versions"),
        )


class ReviewVersionQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.filter(state__in=PUBLIC_STATES)

    def with_people(self) -> Self:
        """Load the rating, the author and the publishing editor."""
        return self.select_related("rating__scale", "author", "editor")

    def for_api(self, user: User | AnonymousUser) -> Self:
        evidence = related_manager(self.model, "evidence").of_versions(user)
        return self.with_people().prefetch_related(Prefetch("evidence", evidence))


class EvidenceQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return evidence of published versions, without confidential evidence."""
        return self.filter(has_public_parent(self.model, "version"), is_confidential=False)

    def of_versions(self, user: User | AnonymousUser) -> Self:
        """Return the evidence that the user may see, for nesting in versions."""
        visible = self.visible_to(user).select_related("document__publisher")
        return visible.order_by("public_id")

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        related = self.select_related("document__publisher", "version__review", "snapshot")
        return related.defer("snapshot__text")


class CorrectionQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return all rows: corrections belong to published reviews and are published themselves."""
        return self

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        # Prefetches instead of joins, which would run for every row before the page is cut.
        versions = (
            related_manager(self.model, "after").select_related("rating__scale").defer("body")
        )
        reviews = related_manager(self.model, "review").select_related("claim", "publisher")
        return self.prefetch_related(
            Prefetch("review", reviews), Prefetch("before", versions), Prefetch("after", versions)
        )


class ClaimRelationQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Return confirmed relations between two public claims."""
        ends = (has_public_parent(self.model, key) for key in ("from_claim", "to_claim"))
        return self.filter(*ends, state=RelationState.CONFIRMED)

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("from_claim", "to_claim", "decided_by")


class ApiKeyManager(Manager[Any]):
    def get_by_natural_key(self, digest: str) -> Any:
        return self.get(digest=digest)


class ApiKeyCountManager(Manager[Any]):
    def get_by_natural_key(self, digest: str, day: str) -> Any:
        return self.get(key__digest=digest, day=day)
