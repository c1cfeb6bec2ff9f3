"""Factories of records for tests. A review is a draft unless a test publishes it."""

import hashlib
from typing import Any

import factory
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone
from factory.django import DjangoModelFactory

from claims import models, workflow
from claims.choices import (
    ClaimKind,
    CorrectionKind,
    Quotation,
    RelationKind,
    RelationState,
    Stance,
    Verdict,
    WebhookEvent,
)
from claims.services.reviews import prepare_next_version
from claims.webhooks.endpoints import encrypt_secret
from claims.webhooks.signing import generate_secret
from claimsapi.core.models import User
from sources.choices import SpeakerKind
from sources.models import Affiliation, Document, Identifier, Publisher, Snapshot, Speaker

TEXT = "The ferries were late.\n“We were on time,” said Ada Quill, the harbour's spokeswoman. 🛳\n"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    handle = factory.Sequence(lambda n: f"handle-{n}")
    is_staff = True

    @factory.post_generation
    def role(self, create: bool, extracted: str | None, **_: Any) -> None:  # noqa: FBT001
        if create and extracted:
            if not Group.objects.filter(name=extracted).exists():
                # A test with real transactions deletes all rows, including the roles.
                call_command("loaddata", "roles", verbosity=0)
            self.groups.add(Group.objects.get(name=extracted))  # type: ignore[attr-defined]


class PublisherFactory(DjangoModelFactory[Publisher]):
    class Meta:
        model = Publisher

    slug = factory.Sequence(lambda n: f"publisher-{n}")
    name = factory.Sequence(lambda n: f"Publisher {n}")
    site = factory.Sequence(lambda n: f"publisher{n}.example")


class SpeakerFactory(DjangoModelFactory[Speaker]):
    class Meta:
        model = Speaker

    slug = factory.Sequence(lambda n: f"speaker-{n}")
    name = factory.Sequence(lambda n: f"Speaker {n}")
    kind = SpeakerKind.PERSON


class AffiliationFactory(DjangoModelFactory[Affiliation]):
    class Meta:
        model = Affiliation

    speaker = factory.SubFactory(SpeakerFactory)
    role = "Spokeswoman"
    organization = "Harbour Authority"


class IdentifierFactory(DjangoModelFactory[Identifier]):
    class Meta:
        model = Identifier

    speaker = factory.SubFactory(SpeakerFactory)
    url = factory.Sequence(lambda n: f"https://register.example/{n}")


class DocumentFactory(DjangoModelFactory[Document]):
    class Meta:
        model = Document

    title = factory.Sequence(lambda n: f"Document {n}")
    url = factory.Sequence(lambda n: f"https://publisher.example/{n}")
    publisher = factory.SubFactory(PublisherFactory)
    language = "en"


class SnapshotFactory(DjangoModelFactory[Snapshot]):
    class Meta:
        model = Snapshot

    document = factory.SubFactory(DocumentFactory)
    media_type = "text/plain"
    text = TEXT
    sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    length = factory.LazyAttribute(lambda o: None if o.text is None else len(o.text))
    size = factory.LazyAttribute(lambda o: None if o.text is None else len(o.text.encode()))
    retrieved_at = factory.LazyAttribute(lambda o: None if o.text is None else timezone.now())


class TopicFactory(DjangoModelFactory[models.Topic]):
    class Meta:
        model = models.Topic

    slug = factory.Sequence(lambda n: f"topic-{n}")
    name = factory.Sequence(lambda n: f"Topic {n}")


class ClaimFactory(DjangoModelFactory[models.Claim]):
    class Meta:
        model = models.Claim

    class Params:
        listed = factory.Trait(listed_at=factory.LazyFunction(timezone.now))

    text = factory.Sequence(lambda n: f"Ferry number {n} was late.")
    kind = ClaimKind.EVENT
    language = "en"


class AssignmentFactory(DjangoModelFactory[models.Assignment]):
    class Meta:
        model = models.Assignment

    claim = factory.SubFactory(ClaimFactory)
    assignee = factory.SubFactory(UserFactory, role="researcher")


class StatementFactory(DjangoModelFactory[models.Statement]):
    class Meta:
        model = models.Statement

    claim = factory.SubFactory(ClaimFactory)
    document = factory.SubFactory(DocumentFactory)
    speaker = factory.SubFactory(SpeakerFactory)
    quotation = Quotation.INDIRECT


class ClaimRelationFactory(DjangoModelFactory[models.ClaimRelation]):
    class Meta:
        model = models.ClaimRelation

    from_claim = factory.SubFactory(ClaimFactory)
    to_claim = factory.SubFactory(ClaimFactory)
    kind = RelationKind.CONTRADICTS
    state = RelationState.CONFIRMED


class RatingScaleFactory(DjangoModelFactory[models.RatingScale]):
    class Meta:
        model = models.RatingScale

    slug = factory.Sequence(lambda n: f"scale-{n}")
    name = factory.Sequence(lambda n: f"Scale {n}")


class RatingFactory(DjangoModelFactory[models.Rating]):
    class Meta:
        model = models.Rating

    scale = factory.SubFactory(RatingScaleFactory)
    label = factory.Sequence(lambda n: f"Label {n}")
    position = factory.Sequence(lambda n: n % 30_000)
    verdict = Verdict.FALSE


class LabelVerdictFactory(DjangoModelFactory[models.LabelVerdict]):
    class Meta:
        model = models.LabelVerdict

    label = factory.Sequence(lambda n: f"Label {n}")
    key = factory.Sequence(lambda n: f"label {n}")
    verdict = Verdict.FALSE


class ApiKeyFactory(DjangoModelFactory[models.ApiKey]):
    class Meta:
        model = models.ApiKey

    name = factory.Sequence(lambda n: f"Newsroom {n}")
    prefix = factory.Sequence(lambda n: f"k{n:07}")
    digest = factory.Sequence(lambda n: hashlib.sha256(f"key {n}".encode()).hexdigest())


class ApiKeyCountFactory(DjangoModelFactory[models.ApiKeyCount]):
    class Meta:
        model = models.ApiKeyCount

    key = factory.SubFactory(ApiKeyFactory)
    day = factory.LazyFunction(lambda: timezone.now().date())
    requests = 3


class WebhookEndpointFactory(DjangoModelFactory[models.WebhookEndpoint]):
    class Meta:
        model = models.WebhookEndpoint

    name = factory.Sequence(lambda n: f"Agency {n}")
    url = factory.Sequence(lambda n: f"https://agency{n}.example/hook")
    secret = factory.LazyFunction(lambda: encrypt_secret(generate_secret()))


class WebhookDeliveryFactory(DjangoModelFactory[models.WebhookDelivery]):
    """A delivery that waits for a worker."""

    class Meta:
        model = models.WebhookDelivery

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    event = WebhookEvent.TEST
    happened_at = queued_at = due_at = factory.LazyFunction(timezone.now)


class ReviewFactory(DjangoModelFactory[models.Review]):
    class Meta:
        model = models.Review

    claim = factory.SubFactory(ClaimFactory)
    publisher = factory.SubFactory(PublisherFactory)


class ReviewVersionFactory(DjangoModelFactory[models.ReviewVersion]):
    """A draft with everything that publishing needs except evidence."""

    class Meta:
        model = models.ReviewVersion

    review = factory.SubFactory(ReviewFactory)
    number = 1
    rating = factory.SubFactory(RatingFactory)
    headline = "Most ferries were on time"
    summary = "The harbour's log shows it."
    author = factory.SubFactory(UserFactory, role="researcher")


class EvidenceFactory(DjangoModelFactory[models.Evidence]):
    class Meta:
        model = models.Evidence

    version = factory.SubFactory(ReviewVersionFactory)
    document = factory.SubFactory(DocumentFactory)
    stance = Stance.REFUTES


def move(
    version: models.ReviewVersion, step: workflow.Transition, user: User, text: str = ""
) -> None:
    """Apply a transition to the current revision of the version."""
    version.refresh_from_db()
    workflow.apply_transition(
        record=version, transition=step, user=user, text=text, revision=version.revision
    )
    version.refresh_from_db()


def submitted_version(**values: Any) -> models.ReviewVersion:
    """Return a submitted version with evidence."""
    version = ReviewVersionFactory(**values)
    EvidenceFactory(version=version)
    move(version, workflow.SUBMIT, version.author)
    return version


def published_version(*, editor: User | None = None, **values: Any) -> models.ReviewVersion:
    """Return a published version."""
    version = submitted_version(**values)
    move(version, workflow.PUBLISH, editor or UserFactory(role="editor"))
    return version


def retracted_version(**values: Any) -> models.ReviewVersion:
    """Return a retracted version."""
    version = published_version(**values)
    move(version, workflow.RETRACT, version.editor, "It was about another ferry.")
    return version


def submitted_correction(first: models.ReviewVersion, **values: Any) -> models.ReviewVersion:
    """Return the submitted next version of a published review."""
    second = prepare_next_version(
        review=first.review,
        author=first.author,
        kind=values.pop("kind", CorrectionKind.CORRECTION),
        note=values.pop("note", "We had the wrong ferry."),
    )
    for name, value in values.items():
        setattr(second, name, value)
    second.save()
    move(second, workflow.SUBMIT, second.author)
    return second


def corrected_version(
    first: models.ReviewVersion | None = None, **values: Any
) -> models.ReviewVersion:
    """Return a published version that superseded a first one."""
    second = submitted_correction(first or published_version(), **values)
    move(second, workflow.PUBLISH, UserFactory(role="editor"))
    return second


def factory_of(model: type[Model]) -> type[DjangoModelFactory[Any]]:
    """Return the factory of a model."""
    return next(
        value
        for value in globals().values()
        if isinstance(value, type)
        and issubclass(value, DjangoModelFactory)
        and value._meta.model is model
    )
