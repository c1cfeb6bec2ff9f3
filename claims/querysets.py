"""Reads of claims: what everyone may know of, and what a serializer reads with it."""

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
    """The manager of the model at the other end of a relation."""
    other: Any = model._meta.get_field(relation).related_model
    return other._default_manager


def has_public_parent(model: type[Model], key: str) -> Q:
    """What everyone may know of, because the record that the foreign key names is public.

    By EXISTS for each row: with IN, SQLite would first put together all that is public.
    """
    return Q(Exists(related_manager(model, key).public().filter(pk=OuterRef(key))))


class AssignmentQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """None: who has what is our own business."""
        # By a condition, since a query that Django knows to be empty cannot be compiled.
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
        """Claims with a published review, and those that an editor listed as being looked into."""
        reviews = related_manager(self.model, "reviews").public()
        return self.filter(
            Q(listed_at__isnull=False) | Exists(reviews.filter(claim=OuterRef("pk")))
        )

    def find_same_as_target(self, public_id: Any, user: User | AnonymousUser) -> Any:
        """The claim, if this caller may see it, as the same as which the other one was set aside.

        What was set aside stays rejected, with a confirmed relation: the redirect that remains.
        """
        of_claim = {
            "relations_in__from_claim__public_id": public_id,
            "relations_in__from_claim__status": ClaimStatus.REJECTED,
            "relations_in__kind": RelationKind.SAME_AS,
            "relations_in__state": RelationState.CONFIRMED,
        }
        return self.visible_to(user).filter(**of_claim).order_by("pk").first()

    def for_api(self, user: User | AnonymousUser) -> Self:
        topics = related_manager(self.model, "topics").all()
        statements = related_manager(self.model, "statements").order_by("created_at", "public_id")
        if user.has_perm("claims.view_claim"):
            # Of a claim that is public topics and statements are public too: do not ask for each.
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
        """Load who said it, in which role, and where."""
        return self.select_related("speaker", "affiliation", "document__publisher")

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.with_sources().select_related("claim", "snapshot").defer("snapshot__text")


class RatingScaleQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Scales that a published review uses; one in preparation is nobody's business yet."""
        versions = related_manager(related_manager(self.model, "ratings").model, "versions")
        used = versions.public().filter(rating__scale=OuterRef("pk"))
        return self.filter(Exists(used))

    def for_api(self, user: User | AnonymousUser) -> Self:
        ratings = related_manager(self.model, "ratings")
        shown = ratings.all() if user.has_perm("claims.view_rating") else ratings.in_public_use()
        return self.select_related("publisher").prefetch_related(Prefetch("ratings", shown))


class LabelVerdictQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """None: what a label stands for shows in the ratings."""
        return self.filter(key="")


class RatingQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.in_public_use().filter(has_public_parent(self.model, "scale"))

    def in_public_use(self) -> Self:
        """Every word of our own scales; of an imported one those alone that were published.

        Its words become known one by one: the newest may be that of a draft.
        """
        used = related_manager(self.model, "versions").public().filter(rating=OuterRef("pk"))
        return self.filter(Q(scale__origin=ReviewOrigin.OWN) | Exists(used))

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("scale")


class ReviewQuerySet(RecordQuerySet):
    def public(self) -> Self:
        versions = related_manager(self.model, "versions").public()
        return self.filter(Exists(versions.filter(review=OuterRef("pk"))))

    def with_public_versions(self) -> Self:
        """Load who reviewed, and the published versions, the newest first, with their ratings."""
        versions = related_manager(self.model, "versions").public().select_related("rating__scale")
        return self.select_related("publisher").prefetch_related(
            Prefetch("versions", versions.order_by("-number"), to_attr="public_versions")
        )

    def current(self) -> Self:
        """Those of which a version stands, all of them public: what was retracted is not."""
        versions = related_manager(self.model, "versions").filter(state=VersionState.PUBLISHED)
        return self.filter(Exists(versions.filter(review=OuterRef("pk"))), slug__isnull=False)

    def newest_first(self, before: tuple[datetime, UUID] | None = None) -> Self:
        """Those that stand, by when their present version was published; those before a place.

        The place is such a version's moment and id, by which the database keeps them in order.
        """
        standing = Q(versions__state=VersionState.PUBLISHED)
        if before is not None:
            moment, public_id = before
            standing &= Q(versions__published_at__lt=moment) | Q(
                versions__published_at=moment, versions__public_id__lt=public_id
            )
        found = self.filter(standing, slug__isnull=False)
        return found.order_by("-versions__published_at", "-versions__public_id")

    def for_lists(self) -> Self:
        """Load what a list says of each: claim, publisher, and what was published of it when."""
        versions = related_manager(self.model, "versions").public().order_by("-number")
        # With the markup, since what was brought in has its publisher's date there.
        short = versions.select_related("rating").defer("body")
        return self.select_related("claim", "publisher").prefetch_related(
            Prefetch("versions", short, to_attr="public_versions")
        )

    def for_markup(self) -> Self:
        """Load all that its page and its ClaimReview say, and nothing that the public may not."""
        versions = related_manager(self.model, "versions")
        evidence = related_manager(versions.model, "evidence")
        statements = related_manager(related_manager(self.model, "claim").model, "statements")
        # Of our own scales, whose numbers the markup gives; imported markup has its own.
        ratings = related_manager(versions.model, "rating").filter(scale__origin=ReviewOrigin.OWN)
        cited = evidence.filter(is_confidential=False).select_related("document__publisher")
        shown = versions.public().select_related("rating__scale").order_by("-number")
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
                shown.prefetch_related(
                    Prefetch("rating__scale__ratings", ratings),
                    Prefetch("evidence", cited.order_by("public_id")),
                ),
                to_attr="public_versions",
            ),
        )

    def for_api(self, user: User | AnonymousUser) -> Self:
        versions = related_manager(self.model, "versions")
        seen = versions.visible_to(user).order_by("-number")
        whole = seen.for_api(user)
        return self.select_related("claim", "publisher").prefetch_related(
            Prefetch("versions", whole.public(), to_attr="public_versions"),
            Prefetch("versions", whole.filter(state__in=OPEN_STATES), to_attr="open_versions"),
            Prefetch("versions", seen.select_related("rating"), to_attr="visible_versions"),
        )


class ReviewVersionQuerySet(RecordQuerySet):
    def public(self) -> Self:
        return self.filter(state__in=PUBLIC_STATES)

    def with_people(self) -> Self:
        """Load the rating, and who wrote and published it."""
        return self.select_related("rating__scale", "author", "editor")

    def for_api(self, user: User | AnonymousUser) -> Self:
        evidence = related_manager(self.model, "evidence").of_versions(user)
        return self.with_people().prefetch_related(Prefetch("evidence", evidence))


class EvidenceQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Evidence of published versions, unless it was given in confidence."""
        return self.filter(has_public_parent(self.model, "version"), is_confidential=False)

    def of_versions(self, user: User | AnonymousUser) -> Self:
        """What the caller may see, as nested in its versions."""
        seen = self.visible_to(user).select_related("document__publisher")
        return seen.order_by("public_id")

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        related = self.select_related("document__publisher", "version__review", "snapshot")
        return related.defer("snapshot__text")


class CorrectionQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """All: a correction is of a published review, and published itself."""
        return self

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        # Not by joins, which would be made for every row before the page is cut.
        versions = (
            related_manager(self.model, "after").select_related("rating__scale").defer("body")
        )
        reviews = related_manager(self.model, "review").select_related("claim", "publisher")
        return self.prefetch_related(
            Prefetch("review", reviews), Prefetch("before", versions), Prefetch("after", versions)
        )


class ClaimRelationQuerySet(RecordQuerySet):
    def public(self) -> Self:
        """Confirmed relations between claims that are public both."""
        both = (has_public_parent(self.model, key) for key in ("from_claim", "to_claim"))
        return self.filter(*both, state=RelationState.CONFIRMED)

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("from_claim", "to_claim", "decided_by")


class ApiKeyManager(Manager[Any]):
    def get_by_natural_key(self, digest: str) -> Any:
        return self.get(digest=digest)


class ApiKeyCountManager(Manager[Any]):
    def get_by_natural_key(self, digest: str, day: str) -> Any:
        return self.get(key__digest=digest, day=day)
