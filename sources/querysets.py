"""Querysets of sources."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch

from claimsapi.core.models import RecordQuerySet, User
from sources.visibility import public_condition


class SourceQuerySet(RecordQuerySet):
    """Queryset of sources, which are public through the records that refer to them."""

    def public(self) -> Self:
        return self.filter(public_condition(self.model))


class SpeakerQuerySet(SourceQuerySet):
    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.prefetch_related("affiliations", "identifiers")


class SpeakerDetailQuerySet(SourceQuerySet):
    """Queryset of details of a speaker, which are public with their speaker."""

    def public(self) -> Self:
        # EXISTS per row, as in claims: with IN, SQLite would collect all public speakers first.
        speakers = self.model._meta.get_field("speaker").related_model._default_manager
        return self.filter(Exists(speakers.public().filter(pk=OuterRef("speaker"))))

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("speaker")


class AffiliationQuerySet(SpeakerDetailQuerySet):
    pass


class IdentifierQuerySet(SpeakerDetailQuerySet):
    pass


class DocumentQuerySet(SourceQuerySet):
    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        # Without the text, which can have megabytes and is not in the API.
        snapshots = self.model._meta.get_field("snapshots").related_model
        return self.select_related("publisher").prefetch_related(
            Prefetch("snapshots", snapshots._default_manager.order_by("public_id").defer("text"))
        )


class SnapshotQuerySet(SourceQuerySet):
    def public(self) -> Self:
        documents = self.model._meta.get_field("document").related_model._default_manager
        return self.filter(Exists(documents.public().filter(pk=OuterRef("document"))))

    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.select_related("document").defer("text")
