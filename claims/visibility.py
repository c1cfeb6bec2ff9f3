"""What makes a source public: public statements, published reviews and their evidence."""

from django.db.models import Exists, OuterRef, Q

from claims.models import Evidence, RatingScale, Review, Statement
from sources.models import Document, Publisher, Speaker
from sources.visibility import made_public_by


@made_public_by(Speaker)
def speaks_publicly() -> Q:
    return Q(Exists(Statement.objects.public().filter(speaker=OuterRef("pk"))))


@made_public_by(Document)
def appears_publicly() -> Q:
    return Q(Exists(Statement.objects.public().filter(document=OuterRef("pk"))))


@made_public_by(Document)
def is_public_evidence() -> Q:
    return Q(Exists(Evidence.objects.public().filter(document=OuterRef("pk"))))


@made_public_by(Publisher)
def published_public_document() -> Q:
    return Q(Exists(Document.objects.public().filter(publisher=OuterRef("pk"))))


@made_public_by(Publisher)
def published_review() -> Q:
    return Q(Exists(Review.objects.public().filter(publisher=OuterRef("pk"))))


@made_public_by(Publisher)
def owns_used_scale() -> Q:
    return Q(Exists(RatingScale.objects.public().filter(publisher=OuterRef("pk"))))
