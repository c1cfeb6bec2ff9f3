"""Conditions for public sources: public statements, published reviews and their evidence."""

from django.db.models import Exists, OuterRef, Q

from claims.models import Evidence, RatingScale, Review, Statement
from sources.models import Document, Publisher, Speaker
from sources.visibility import register_public_condition


# EXISTS subqueries of public querysets: each condition follows the rules of its own model.
@register_public_condition(Speaker)
def speaker_of_public_statement() -> Q:
    return Q(Exists(Statement.objects.public().filter(speaker=OuterRef("pk"))))


@register_public_condition(Document)
def document_of_public_statement() -> Q:
    return Q(Exists(Statement.objects.public().filter(document=OuterRef("pk"))))


@register_public_condition(Document)
def document_of_public_evidence() -> Q:
    return Q(Exists(Evidence.objects.public().filter(document=OuterRef("pk"))))


@register_public_condition(Publisher)
def publisher_of_public_document() -> Q:
    return Q(Exists(Document.objects.public().filter(publisher=OuterRef("pk"))))


@register_public_condition(Publisher)
def publisher_of_public_review() -> Q:
    return Q(Exists(Review.objects.public().filter(publisher=OuterRef("pk"))))


@register_public_condition(Publisher)
def publisher_of_public_rating_scale() -> Q:
    return Q(Exists(RatingScale.objects.public().filter(publisher=OuterRef("pk"))))
