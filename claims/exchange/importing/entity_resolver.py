"""Resolver of imported names and URLs to existing or new records.

A publisher is identified by its site. A speaker is identified by a URL that is theirs alone, else
by a name that no other speaker has. In doubt the resolver creates a new speaker: it never merges.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db.models import Max

from claims.choices import ReviewOrigin, Verdict
from claims.exchange.claimreview.parser import Claimant, CreativeWork, ParsedReview
from claims.exchange.importing.matching_keys import (
    is_plausible_match,
    is_shared_platform,
    name_key,
    url_key,
)
from claims.models import Claim, LabelVerdict, Rating, RatingScale, Topic
from claims.rating_labels import map_verdict
from claims.slugs import make_slug
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import Record
from sources.canonical import site_from_url
from sources.choices import SpeakerKind
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

NewRecord = TypeVar("NewRecord", bound=Record)

# In the order of their references, in which a batch must insert them.
_MODELS = (
    *(Publisher, RatingScale, Rating, Topic),
    *(Speaker, Identifier, Affiliation, Document),
)


class EntityResolver:
    """Resolves to public records only, so an import never reveals a private record.

    All records except documents are held in memory: an import asks for them in every row.
    ``new_records`` holds the unsaved records since the last :meth:`start_batch`, by model, in the
    order in which they must be inserted.
    """

    def __init__(self) -> None:
        self.publishers: dict[str, Publisher] = {}  # by site
        self.scales: dict[str, RatingScale] = {}  # by site of the publisher
        self.ratings: dict[tuple[str, str], Rating] = {}  # by site and label
        self.last_positions: dict[str, int] = defaultdict(int)  # of ratings, by site
        self.topics: dict[str, Topic] = {}  # by key of the name
        self.speakers_by_url: dict[str, Speaker] = {}
        self.speakers_by_name: dict[tuple[str, str], list[Speaker]] = defaultdict(list)
        self.speaker_urls: dict[Any, set[str]] = defaultdict(set)  # by public id
        self.roles: dict[tuple[Any, str], Affiliation] = {}
        # The speaker that this import chose among several with the same name and kind.
        self.chosen_namesakes: dict[tuple[str, str], Speaker] = {}
        self.verdicts_by_label: dict[tuple[str, str], str] = {}
        self.new_records: dict[type[Any], list[Any]] = {}
        self.hidden_document_urls: set[str | None] = set()
        # Keys of private records, whose names and URLs an import must not use.
        self.hidden_speaker_urls: set[str] = set()
        self.hidden_speaker_names: set[str] = set()
        self.hidden_topic_names: set[str] = set()
        self.load()

    def load(self) -> None:
        """Read all records again and forget the unsaved ones."""
        self.remember_newest()
        caches: tuple[dict[Any, Any] | set[str], ...] = (
            *(self.publishers, self.scales, self.ratings, self.last_positions, self.topics),
            *(self.speakers_by_url, self.speakers_by_name, self.speaker_urls, self.roles),
            self.chosen_namesakes,
            *(self.hidden_speaker_urls, self.hidden_speaker_names, self.hidden_topic_names),
        )
        for cache in caches:
            cache.clear()
        self.publishers.update({publisher.site: publisher for publisher in Publisher.objects.all()})
        self._load_ratings()
        self.topics.update({name_key(topic.name): topic for topic in self._visible_topics()})
        topic_names = {name_key(topic.name) for topic in Topic.objects.all()}
        self.hidden_topic_names |= topic_names - self.topics.keys()
        self._load_speakers()
        self.start_batch()

    def _load_ratings(self) -> None:
        sites = {publisher.pk: site for site, publisher in self.publishers.items()}
        for scale in RatingScale.objects.filter(origin=ReviewOrigin.IMPORTED):
            self.scales[sites[scale.publisher_id or 0]] = scale
        ratings = Rating.objects.filter(scale__origin=ReviewOrigin.IMPORTED)
        for rating in ratings.select_related("scale"):
            site = sites[rating.scale.publisher_id or 0]
            self.ratings[site, rating.label] = rating
            self.last_positions[site] = max(self.last_positions[site], rating.position)
        self.verdicts_by_label = {
            (decision.key, decision.site): decision.verdict
            for decision in LabelVerdict.objects.all()
        }

    def _load_speakers(self) -> None:
        visible_pks = set(self._visible_speakers().values_list("pk", flat=True))
        speakers: dict[int, Speaker] = {}
        named = Speaker.objects.exclude(kind=SpeakerKind.ANONYMOUS)
        # Iterators: hundreds of thousands of rows would otherwise be in memory twice.
        for speaker in named.only("public_id", "name", "kind").iterator():
            if speaker.pk in visible_pks:
                speakers[speaker.pk] = speaker
                self.speakers_by_name[name_key(speaker.name), speaker.kind].append(speaker)
            else:
                self.hidden_speaker_names.add(name_key(speaker.name))
        for pk, url in Identifier.objects.values_list("speaker", "url").iterator():
            if pk in speakers:
                self._add_url(speakers[pk], url)
            else:
                self.hidden_speaker_urls.add(url_key(url))
        undated = Affiliation.objects.filter(start_on=None, end_on=None, organization="")
        for role in undated.iterator():
            if role.speaker_id in speakers:
                self.roles[speakers[role.speaker_id].public_id, name_key(role.role)] = role

    def _visible_speakers(self) -> Any:
        # A private speaker must not become public because somebody else's markup names them.
        return Speaker.objects.public()

    def _visible_topics(self) -> Any:
        return Topic.objects.public()

    def refresh(self) -> None:
        """Read all records again if another process wrote; call it in the writing transaction."""
        if self._newest_keys() != self._remembered_keys:
            self.load()

    def remember_newest(self) -> None:
        """Remember the newest records, so that :meth:`refresh` finds those of other processes."""
        self._remembered_keys = self._newest_keys()

    def _newest_keys(self) -> list[Any]:
        models = (Publisher, Rating, Topic, Speaker, Identifier, Affiliation)
        return [model._default_manager.aggregate(newest=Max("pk"))["newest"] for model in models]

    def start_batch(self) -> None:
        """Forget the new records: they were written, or never will be."""
        self.new_records = {model: [] for model in _MODELS}

    def _add_new(self, record: NewRecord) -> NewRecord:
        self.new_records[type(record)].append(record)
        return record

    def resolve_publisher(self, review: ParsedReview, notes: list[str]) -> Publisher:
        site, name = review.site, review.publisher
        publisher = self.publishers.get(site)
        if publisher is None:
            public_id = uuid7()
            slug = make_slug(name, public_id, "publisher")
            publisher = self.publishers[site] = self._add_new(
                Publisher(public_id=public_id, slug=slug, name=name, site=site)
            )
        elif name != site and name_key(name) != name_key(publisher.name):
            notes.append(f"{name}: the existing name of {site} is kept: {publisher.name}.")
        return publisher

    def resolve_rating(self, review: ParsedReview, notes: list[str]) -> Rating:
        """Return the publisher's rating; a new one gets the verdict that its label maps to."""
        site, label = review.site, review.label
        rating = self.ratings.get((site, label))
        if rating is None:
            self.last_positions[site] += 1
            rating = self.ratings[site, label] = self._add_new(
                Rating(
                    scale=self._resolve_scale(review, notes),
                    label=label,
                    position=self.last_positions[site],
                    verdict=map_verdict(label, site, self.verdicts_by_label),
                )
            )
            if rating.verdict == Verdict.UNMAPPED:
                notes.append(f"{label}: new label. An editor has to map it to a verdict.")
        return rating

    def _resolve_scale(self, review: ParsedReview, notes: list[str]) -> RatingScale:
        scale = self.scales.get(review.site)
        if scale is None:
            publisher, public_id = self.resolve_publisher(review, notes), uuid7()
            scale = self.scales[review.site] = self._add_new(
                RatingScale(
                    public_id=public_id,
                    slug=make_slug(f"{publisher.name[:40]} imported", public_id, "imported"),
                    name=f"{publisher.name[:180]} (imported)",
                    publisher=publisher,
                    origin=ReviewOrigin.IMPORTED,
                )
            )
        return scale

    def resolve_topic(self, name: str, notes: list[str]) -> Topic | None:
        """Return an existing or new topic, or ``None`` if a private topic has the name."""
        key = name_key(name)
        topic = self.topics.get(key)
        if topic is None and key in self.hidden_topic_names:
            notes.append(f"{name}: left out, since the topic with this name is not public.")
            return None
        if topic is None:
            public_id = uuid7()
            slug = make_slug(name, public_id, "topic")
            topic = self.topics[key] = self._add_new(
                Topic(public_id=public_id, slug=slug, name=name)
            )
        return topic

    def resolve_speaker(
        self, claimant: Claimant, notes: list[str], current_ids: Collection[Any] = ()
    ) -> Speaker:
        """Return the claimant's speaker; a new one if none or several match.

        ``current_ids`` are the speakers of the claim's existing statements: of several namesakes,
        the one among them is chosen.
        """
        keys = [url_key(url) for url in claimant.identifiers]
        matches = {}
        for key in keys:
            if (speaker := self.speakers_by_url.get(key)) is None:
                continue
            if is_plausible_match(key, speaker.name, claimant.name):
                matches[speaker.public_id] = speaker
            else:
                notes.append(
                    f"{claimant.name}: {key} belongs to {speaker.name}, so it was not matched."
                )
        if len(matches) == 1:
            # Keep the other URLs out: markup could otherwise add any link to a speaker's page.
            return next(iter(matches.values()))
        if matches:
            notes.append(
                f"{claimant.name}: new speaker, since the URLs belong to several speakers."
            )
            keys = [key for key in keys if key not in self.speakers_by_url]
        speaker = self._resolve_by_name(claimant, set(keys), notes, current_ids)
        # A speaker with URLs gets no others from a file, for the same reason.
        if self.speaker_urls[speaker.public_id]:
            return speaker
        for url in claimant.identifiers:
            key = url_key(url)
            is_free = key not in self.speakers_by_url and key not in self.hidden_speaker_urls
            if is_free and not is_shared_platform(key):
                self._add_new(Identifier(speaker=speaker, url=url))
                self._add_url(speaker, url)
        return speaker

    def prefer_speakers_of(self, claim: Claim) -> None:
        """Among namesakes, prefer the speakers of the claim's statements."""
        for statement in claim.statements.exclude(speaker=None).select_related("speaker"):
            speaker = statement.speaker
            self.chosen_namesakes.setdefault((name_key(speaker.name), speaker.kind), speaker)

    def _resolve_by_name(
        self, claimant: Claimant, keys: set[str], notes: list[str], current_ids: Collection[Any]
    ) -> Speaker:
        name, kind = claimant.name, SpeakerKind.ORGANIZATION
        if claimant.is_person:
            kind = SpeakerKind.PERSON
        namesakes = self.speakers_by_name[name_key(name), kind]
        candidates = [one for one in namesakes if not self._is_different(one, keys)]
        if len(candidates) == 1:
            return candidates[0]
        current = [one for one in candidates if one.public_id in current_ids]
        if len(current) == 1:
            return current[0]
        if len(candidates) > 1:
            # One new speaker for the whole import: its rows usually mean the same person.
            if speaker := self.chosen_namesakes.get((name_key(name), kind)):
                notes.append(f"{name}: of several speakers, the one that this import uses.")
                return speaker
            notes.append(f"{name}: new speaker, since {len(candidates)} speakers have this name.")
        elif name_key(name) in self.hidden_speaker_names:
            notes.append(f"{name}: new speaker, since the existing one is not public.")
        public_id = uuid7()
        slug = make_slug(name, public_id, "speaker")
        speaker = self._add_new(Speaker(public_id=public_id, slug=slug, name=name, kind=kind))
        namesakes.append(speaker)
        if candidates:
            self.chosen_namesakes[name_key(name), kind] = speaker
        return speaker

    def _is_different(self, speaker: Speaker, keys: set[str]) -> bool:
        """Whether both have URLs on the same host, but none in common.

        Two pages of one authority file are two people.
        """
        speaker_keys = self.speaker_urls[speaker.public_id]
        hosts = {key.partition("/")[0] for key in speaker_keys}
        return not speaker_keys & keys and any(key.partition("/")[0] in hosts for key in keys)

    def _add_url(self, speaker: Speaker, url: str) -> None:
        self.speakers_by_url[url_key(url)] = speaker
        self.speaker_urls[speaker.public_id].add(url_key(url))

    def resolve_role(self, speaker: Speaker, title: str) -> Affiliation | None:
        if not title:
            return None
        key = (speaker.public_id, name_key(title))
        role = self.roles.get(key)
        if role is None:
            role = self.roles[key] = self._add_new(Affiliation(speaker=speaker, role=title))
        return role

    def find_documents(self, works: Iterable[CreativeWork]) -> dict[str, Document]:
        """Return the public documents of the works by URL, and note the URLs of private ones."""
        urls = {work.url for work in works if work.url}
        existing = Document.objects.filter(url__in=urls)
        documents = {document.url or "": document for document in existing.public()}
        self.hidden_document_urls = {
            url for url in existing.values_list("url", flat=True) if url not in documents
        }
        return documents

    def resolve_document(self, work: CreativeWork, documents: dict[str, Document]) -> Document:
        """Return the document with the work's URL, or a new one.

        A work without URL always gets a new document. So does one with a private document's URL:
        its new document has no URL, because URLs are unique.
        """
        document = documents.get(work.url) if work.url else None
        if document is None:
            document = self._add_new(
                Document(
                    title=work.title,
                    url=None if work.url in self.hidden_document_urls else work.url or None,
                    publisher=self._find_publisher_of(work),
                    byline=work.byline,
                    published_on=work.published.day,
                    published_precision=work.published.precision,
                )
            )
            if work.url:
                documents[work.url] = document
        return document

    def _find_publisher_of(self, work: CreativeWork) -> Publisher | None:
        """Return the existing publisher of a work; a work alone never creates one."""
        if work.publisher:
            return self.publishers.get(work.publisher)
        try:
            return self.publishers.get(site_from_url(work.url)) if work.url else None
        except ValueError:
            return None


class StaffEntityResolver(EntityResolver):
    """Resolves to private records too.

    It serves markup of this desk's own pages, whose editors may see these records.
    """

    def find_documents(self, works: Iterable[CreativeWork]) -> dict[str, Document]:
        urls = {work.url for work in works if work.url}
        return {document.url or "": document for document in Document.objects.filter(url__in=urls)}

    def _visible_speakers(self) -> Any:
        return Speaker.objects.all()

    def _visible_topics(self) -> Any:
        return Topic.objects.all()


class DraftEntityResolver(StaffEntityResolver):
    """Resolves entities of drafts: adds no identifier and no role to a public speaker.

    A draft must not change public records. ``record_markup`` adds them on publication.
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_public_by_id: dict[Any, bool] = {}

    def _add_new(self, record: Any) -> Any:
        if isinstance(record, Identifier | Affiliation) and self._is_public(record.speaker):
            return record
        return super()._add_new(record)

    def resolve_role(self, speaker: Speaker, title: str) -> Affiliation | None:
        if self._is_public(speaker):
            return self.roles.get((speaker.public_id, name_key(title)))
        return super().resolve_role(speaker, title)

    def _is_public(self, speaker: Speaker) -> bool:
        public_id = speaker.public_id
        if public_id not in self._is_public_by_id:
            is_public = Speaker.objects.public().filter(public_id=public_id).exists()
            self._is_public_by_id[public_id] = is_public
        return self._is_public_by_id[public_id]
