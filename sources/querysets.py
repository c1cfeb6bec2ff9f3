"""Reads of sources."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch

from claimsapi.core.models import RecordQuerySet, User
from sources.visibility import public_condition


class SourceQuerySet(RecordQuerySet):
    """Sources are public through what points to them."""

    def public(self) -> Self:
        return self.filter(public_condition(self.model))


class SpeakerQuerySet(SourceQuerySet):
    def for_api(self, user: User | AnonymousUser) -> Self:  # noqa: ARG002
        return self.prefetch_related("affiliations", "identifiers")


class SpeakerDetailQuerySet(SourceQuerySet):
    """What is public with its speaker."""

    def public(self) -> Self:
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
