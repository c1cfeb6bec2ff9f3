"""Loading a seed document: what is missing is made, what is there is left as it is."""

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from claims import choices, workflow
from claims.exchange.seeds.parser import Entry, SeedError
from claims.models import (
    Claim,
    ClaimRelation,
    Evidence,
    Rating,
    Review,
    ReviewVersion,
    Statement,
    Topic,
)
from claims.services.reviews import open_review, prepare_next_version
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.errors import DomainError
from claimsapi.core.identifiers import stable_uuid7
from claimsapi.core.models import Record, User
from sources.choices import DocumentKind, SpeakerKind
from sources.models import Affiliation, Document, Publisher, Snapshot, Speaker


def seed_file(path: Path) -> Counter[str]:
    """Load one seed document, whole or not at all; return how many records were made and kept.

    Raises ``SeedError`` for the first mistake.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SeedError(path.name, line, "", "not UTF-8.") from None
    with transaction.atomic():
        return _Case(Entry.parse(text, path.name), path.stem).load()


class _Case:
    """One seed document on its way into the database."""

    def __init__(self, entry: Entry, stem: str) -> None:
        self.entry = entry
        self.name = entry.slug("case")
        if self.name != stem:
            raise entry.error("case", f"the file is named {stem!r}: use one name.")
        self.recorded = entry.moment("recorded")
        self.made: Counter[str] = Counter()
        self.known: dict[tuple[type[Any], str], Any] = {}

    def load(self) -> Counter[str]:
        entry = self.entry
        entry.text("description", "")
        for load, field in (
            (self._account, "accounts"),
            (self._publisher, "publishers"),
            (self._topic, "topics"),
            (self._speaker, "speakers"),
            (self._document, "documents"),
            (self._claim, "claims"),
            (self._relation, "relations"),
        ):
            for item in entry.entries(field):
                load(item)
        entry.close()
        return self.made

    def _keep(self, entry: Entry, key: str, found: Any, make: Callable[[], Record | User]) -> Any:
        """Remember the record that is there, or make it; turn what it refuses into a SeedError."""
        if found is None:
            record = make()
            try:
                record.full_clean()
                with transaction.atomic():
                    record.save()
            except ValidationError as error:
                raise self._refused(entry, error) from None
            except IntegrityError as error:
                raise SeedError(entry.file, entry.line, "", describe_violation(error)) from None
        else:
            record = found
        self.made["kept" if found else "made"] += 1
        if (type(record), key) in self.known:
            raise entry.error("key", f"{key!r} stands twice.")
        self.known[type(record), key] = record
        return record

    def _refused(self, entry: Entry, error: ValidationError) -> SeedError:
        field, problems = next(iter(error.message_dict.items()))
        written = {"published_on": "published", "stated_on": "stated"}.get(field, field)
        return entry.error("" if field == NON_FIELD_ERRORS else written, " ".join(problems))

    def _find(self, entry: Entry, field: str, model: type[Any]) -> Any:
        """The record that the entry names in a field; none if the field is absent."""
        if field not in entry:
            return None
        key = entry.text(field)
        record = self.known.get((model, key))
        if record is None:
            raise entry.error(
                field, f"there is no {model._meta.verbose_name} {key!r} in this file."
            )
        return record

    def _need(self, entry: Entry, field: str, model: type[Any]) -> Any:
        entry.text(field)
        return self._find(entry, field, model)

    def _id(self, *names: str) -> Any:
        return stable_uuid7(self.name, *names, moment=self.recorded)

    def _account(self, entry: Entry) -> None:
        handle = entry.slug("handle")
        role = Group.objects.filter(name=entry.text("role")).first()
        if role is None:
            raise entry.error("role", "no such role. Load the roles: manage.py loaddata roles.")
        name = entry.text("name", "")

        def make() -> User:
            user = User(username=f"seed.{handle}", handle=handle, first_name=name)
            user.set_unusable_password()
            return user

        found = User.objects.filter(handle=handle).first()
        user = self._keep(entry, handle, found, make)
        if not found:
            user.groups.add(role)

    def _publisher(self, entry: Entry) -> None:
        slug, name, site = entry.slug("slug"), entry.text("name"), entry.text("site")
        self._keep(
            entry,
            slug,
            Publisher.objects.filter(Q(slug=slug) | Q(site=site)).first(),
            lambda: Publisher(
                public_id=self._id("publisher", slug), slug=slug, name=name, site=site
            ),
        )

    def _topic(self, entry: Entry) -> None:
        slug, name = entry.slug("slug"), entry.text("name")
        self._keep(
            entry,
            slug,
            Topic.objects.filter(slug=slug).first(),
            lambda: Topic(public_id=self._id("topic", slug), slug=slug, name=name),
        )

    def _speaker(self, entry: Entry) -> None:
        slug = entry.slug("slug")
        values = {
            "name": entry.text("name"),
            "kind": entry.choice("kind", SpeakerKind.values),
            "description": entry.text("description", ""),
        }
        speaker = self._keep(
            entry,
            slug,
            Speaker.objects.filter(slug=slug).first(),
            lambda: Speaker(public_id=self._id("speaker", slug), slug=slug, **values),
        )
        for item in entry.entries("affiliations"):
            self._affiliation(item, speaker)

    def _affiliation(self, entry: Entry, speaker: Speaker) -> None:
        key = entry.slug("key")
        start, end = entry.date("start"), entry.date("end")
        values = {
            "role": entry.text("role"),
            "organization": entry.text("organization", ""),
            "start_on": start.day,
            "start_precision": start.precision,
            "end_on": end.day,
            "end_precision": end.precision,
        }
        public_id = self._id("affiliation", speaker.slug, key)
        self._keep(
            entry,
            key,
            Affiliation.objects.filter(public_id=public_id).first(),
            lambda: Affiliation(public_id=public_id, speaker=speaker, **values),
        )

    def _document(self, entry: Entry) -> None:
        key = entry.slug("key")
        published = entry.date("published")
        values = {
            "kind": entry.choice("kind", DocumentKind.values),
            "title": entry.text("title"),
            "url": entry.text("url") if "url" in entry else None,
            "publisher": self._find(entry, "publisher", Publisher),
            "byline": entry.text("byline", ""),
            "published_on": published.day,
            "published_precision": published.precision,
            "language": entry.text("language", ""),
        }
        public_id = self._id("document", key)
        announced = entry.entry("snapshot")
        found = Document.objects.filter(public_id=public_id).first()
        if found is None and announced is not None:
            # Somebody may have taken in the same bytes before.
            same = Snapshot.objects.filter(sha256=announced.text("sha256")).first()
            found = same and same.document
        document = self._keep(entry, key, found, lambda: Document(public_id=public_id, **values))
        if announced is not None:
            self._snapshot(announced, key, document)
            announced.close()

    def _snapshot(self, entry: Entry, key: str, document: Document) -> None:
        sha256, media_type = entry.text("sha256"), entry.text("media_type")
        length = entry.number("length", None)
        text = entry.text("text") if "text" in entry else None
        values: dict[str, Any] = {"media_type": media_type, "length": length}
        if text is not None:
            content = text.encode()
            actual = hashlib.sha256(content).hexdigest()
            if actual != sha256:
                raise entry.error("sha256", f"the text's SHA-256 is {actual}.")
            values |= {
                "length": len(text),
                "size": len(content),
                "text": text,
                "retrieved_at": self.recorded,
            }
            if length not in {None, len(text)}:
                raise entry.error("length", f"the text has {len(text)} characters.")
        self._keep(
            entry,
            key,
            Snapshot.objects.filter(document=document, sha256=sha256).first(),
            lambda: Snapshot(
                public_id=self._id("snapshot", key), document=document, sha256=sha256, **values
            ),
        )

    def _claim(self, entry: Entry) -> None:
        key = entry.slug("key")
        values = {
            "text": entry.text("text").strip(),
            "kind": entry.choice("kind", choices.ClaimKind.values),
            "checkability": entry.choice(
                "checkability", choices.Checkability.values, choices.Checkability.CHECKABLE
            ),
            "language": entry.text("language", ""),
            "listed_at": timezone.now() if entry.flag("listed") else None,
        }
        topics = []
        for slug in entry.texts("topics"):
            if (Topic, slug) not in self.known:
                raise entry.error("topics", f"there is no topic {slug!r} in this file.")
            topics.append(self.known[Topic, slug])
        public_id = self._id("claim", key)
        found = Claim.objects.filter(public_id=public_id).first()
        claim = self._keep(entry, key, found, lambda: Claim(public_id=public_id, **values))
        if not found:
            claim.topics.set(topics)
        for item in entry.entries("statements"):
            self._statement(item, key, claim)
        for item in entry.entries("reviews"):
            self._review(item, claim)

    def _passage(self, entry: Entry) -> dict[str, Any]:
        document = self._need(entry, "document", Document)
        placed = "start" in entry or "end" in entry
        return {
            "document": document,
            "snapshot": self.known.get((Snapshot, entry.text("document"))),
            "start": entry.number("start") if placed else None,
            "end": entry.number("end") if placed else None,
            "exact": entry.text("exact", ""),
        }

    def _statement(self, entry: Entry, claim_key: str, claim: Claim) -> None:
        key = entry.slug("key")
        stated = entry.date("stated")
        values = self._passage(entry) | {
            "claim": claim,
            "speaker": self._find(entry, "speaker", Speaker),
            "affiliation": self._find(entry, "affiliation", Affiliation),
            "quotation": entry.choice("quotation", choices.Quotation.values),
            "attributed_as": entry.text("attributed_as", ""),
            "stated_on": stated.day,
            "stated_precision": stated.precision,
            "source_given": entry.choice(
                "source_given", choices.SourceGiven.values, choices.SourceGiven.UNKNOWN
            ),
        }
        public_id = self._id("statement", claim_key, key)
        self._keep(
            entry,
            f"{claim_key}/{key}",
            Statement.objects.filter(public_id=public_id).first(),
            lambda: Statement(public_id=public_id, **values),
        )

    def _review(self, entry: Entry, claim: Claim) -> None:
        publisher = self._need(entry, "publisher", Publisher)
        review = Review.objects.filter(claim=claim, publisher=publisher).first()
        self.made["kept" if review else "made"] += 1
        kept = review is not None
        if "versions" not in entry:
            raise entry.error("versions", "is missing.")
        for item in entry.entries("versions"):
            try:
                review = self._version(item, claim, publisher, review, kept=kept)
            except DomainError as error:
                raise SeedError(item.file, item.line, "", str(error)) from None
            except ValidationError as error:
                raise self._refused(item, error) from None

    def _version(
        self,
        entry: Entry,
        claim: Claim,
        publisher: Publisher,
        review: Review | None,
        *,
        kept: bool,
    ) -> Review | None:
        """Make a version as people do: draft, evidence, submit, publish."""
        author, editor = self._need(entry, "author", User), self._find(entry, "editor", User)
        correction = entry.entry("correction")
        content = {
            "rating": self._rating(entry),
            "headline": entry.text("headline", "").strip(),
            "summary": entry.text("summary", "").strip(),
            "body": entry.text("body", "").strip(),
        }
        kind, note = "", ""
        if correction is not None:
            kind = correction.choice("kind", choices.CorrectionKind.values)
            note = correction.text("note").strip()
            correction.close()
            if review is None:
                raise entry.error("correction", "a first version corrects nothing.")
        ReviewVersion(**content).clean_fields(
            {field.name for field in ReviewVersion._meta.fields} - set(content)
        )
        version = None
        if not kept:
            if review is None:
                review = open_review(claim=claim, publisher=publisher, author=author, **content)
                version = review.versions.get()
            else:
                version = prepare_next_version(review=review, author=author, kind=kind, note=note)
                version.evidence.all().delete()
                for name, value in content.items():
                    setattr(version, name, value)
                version.save()
        for item in entry.entries("evidence"):
            self._evidence(item, version)
        if version is not None and editor is not None:
            for move, user in ((workflow.SUBMIT, author), (workflow.PUBLISH, editor)):
                version.refresh_from_db()
                workflow.apply_transition(
                    record=version, transition=move, user=user, revision=version.revision
                )
        return review

    def _rating(self, entry: Entry) -> Rating | None:
        named = entry.entry("rating")
        if named is None:
            return None
        rating: Rating | None = Rating.objects.filter(
            scale__slug=named.text("scale"),
            scale__version=named.number("version") or 0,
            label=named.text("label"),
        ).first()
        named.close()
        if rating is None:
            raise entry.error(
                "rating", "no such rating. Load the scales: manage.py loaddata rating_scales."
            )
        return rating

    def _evidence(self, entry: Entry, version: ReviewVersion | None) -> None:
        values = self._passage(entry) | {
            "stance": entry.choice("stance", choices.Stance.values),
            "locator": entry.text("locator", ""),
            "is_primary": entry.flag("primary"),
            "note": entry.text("note", "").strip(),
            "confidential_reason": entry.text("confidential", "").strip(),
        }
        if version is None:  # the review was there, and with it what it rests on
            self.made["kept"] += 1
            return
        evidence = Evidence(
            version=version, is_confidential=bool(values["confidential_reason"]), **values
        )
        try:
            evidence.full_clean()
        except ValidationError as error:
            raise self._refused(entry, error) from None
        evidence.save()
        self.made["made"] += 1

    def _relation(self, entry: Entry) -> None:
        pair = {
            "from_claim": self._need(entry, "from", Claim),
            "to_claim": self._need(entry, "to", Claim),
            "kind": entry.choice("kind", choices.RelationKind.values),
        }
        state = entry.choice("state", choices.RelationState.values, choices.RelationState.SUGGESTED)
        public_id = self._id("relation", entry.text("from"), entry.text("to"), pair["kind"])
        self._keep(
            entry,
            str(public_id),
            ClaimRelation.objects.filter(public_id=public_id).first(),
            lambda: ClaimRelation(public_id=public_id, state=state, method="seed", **pair),
        )
