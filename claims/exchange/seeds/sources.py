"""Seed entries of accounts, publishers, topics, speakers and documents."""

import hashlib

from django.contrib.auth.models import Group
from django.db.models import Q

from claims.exchange.seeds.case import Case
from claims.exchange.seeds.parser import Entry
from claims.models import Topic
from claimsapi.core.models import User
from sources.choices import DocumentKind, SpeakerKind
from sources.models import Affiliation, Document, Publisher, Snapshot, Speaker


def load_account(case: Case, entry: Entry) -> None:
    """Load an account that owns records. Nobody can sign in with it."""
    handle = entry.slug("handle")
    role = Group.objects.filter(name=entry.text("role")).first()
    if role is None:
        raise entry.error("role", "unknown role. Load the roles: manage.py loaddata roles.")
    new = User(username=f"seed.{handle}", handle=handle, first_name=entry.text("name", ""))
    new.set_unusable_password()
    user, is_new = case.load(entry, handle, new, lookup=Q(handle=handle))
    if is_new:
        user.groups.add(role)


def load_publisher(case: Case, entry: Entry) -> None:
    slug, site = entry.slug("slug"), entry.text("site")
    public_id = case.make_id("publisher", slug)
    new = Publisher(public_id=public_id, slug=slug, name=entry.text("name"), site=site)
    case.load(entry, slug, new, lookup=Q(slug=slug) | Q(site=site))


def load_topic(case: Case, entry: Entry) -> None:
    slug = entry.slug("slug")
    new = Topic(public_id=case.make_id("topic", slug), slug=slug, name=entry.text("name"))
    case.load(entry, slug, new, lookup=Q(slug=slug))


def load_speaker(case: Case, entry: Entry) -> None:
    slug = entry.slug("slug")
    new = Speaker(
        public_id=case.make_id("speaker", slug),
        slug=slug,
        name=entry.text("name"),
        kind=entry.choice("kind", SpeakerKind.values),
        description=entry.text("description", ""),
    )
    speaker, _ = case.load(entry, slug, new, lookup=Q(slug=slug))
    for item in entry.entries("affiliations"):
        _load_affiliation(case, item, speaker)


def _load_affiliation(case: Case, entry: Entry, speaker: Speaker) -> None:
    key = entry.slug("key")
    start, end = entry.date("start"), entry.date("end")
    new = Affiliation(
        public_id=case.make_id("affiliation", speaker.slug, key),
        speaker=speaker,
        role=entry.text("role"),
        organization=entry.text("organization", ""),
        start_on=start.day,
        start_precision=start.precision,
        end_on=end.day,
        end_precision=end.precision,
    )
    case.load(entry, key, new)


def load_document(case: Case, entry: Entry) -> None:
    key = entry.slug("key")
    published = entry.date("published")
    new = Document(
        public_id=case.make_id("document", key),
        kind=entry.choice("kind", DocumentKind.values),
        title=entry.text("title"),
        url=entry.text("url") if "url" in entry else None,
        publisher=case.find(entry, "publisher", Publisher),
        byline=entry.text("byline", ""),
        published_on=published.day,
        published_precision=published.precision,
        language=entry.text("language", ""),
    )
    snapshot_entry = entry.entry("snapshot")
    lookup = None
    if (
        snapshot_entry is not None
        and not Document.objects.filter(public_id=new.public_id).exists()
        and (same := Snapshot.objects.filter(sha256=snapshot_entry.text("sha256")).first())
    ):
        # Somebody has ingested the same bytes already: use their document.
        lookup = Q(pk=same.document_id)
    document, _ = case.load(entry, key, new, lookup=lookup)
    if snapshot_entry is not None:
        _load_snapshot(case, snapshot_entry, key, document)
        snapshot_entry.close()


def _load_snapshot(case: Case, entry: Entry, key: str, document: Document) -> None:
    sha256, length = entry.text("sha256"), entry.number("length", None)
    new = Snapshot(
        public_id=case.make_id("snapshot", key),
        document=document,
        sha256=sha256,
        media_type=entry.text("media_type"),
        length=length,
    )
    if "text" in entry:
        text = entry.text("text")
        content = text.encode()
        actual = hashlib.sha256(content).hexdigest()
        if actual != sha256:
            raise entry.error("sha256", f"the text's SHA-256 is {actual}.")
        if length not in {None, len(text)}:
            raise entry.error("length", f"the text has {len(text)} characters.")
        # The text counts characters, as positions of passages do. The size counts bytes.
        new.text, new.length, new.size = text, len(text), len(content)
        new.retrieved_at = case.recorded_at
    case.load(entry, key, new, lookup=Q(document=document, sha256=sha256))
