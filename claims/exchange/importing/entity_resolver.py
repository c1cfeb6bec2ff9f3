"""What the records that are here already say of who and what is imported.

Publishers are known by their site; speakers by an address that means them alone, else by their
name, if one speaker alone has it. Never are two merged on doubt.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db.models import Max

from claims.choices import ReviewOrigin, Verdict
from claims.exchange.claimreview.parser import Claimant, CreativeWork, ParsedReview
from claims.exchange.importing.matching_keys import is_plausible_match, name_key, url_key
from claims.exchange.importing.platforms import is_shared_platform
from claims.models import Claim, LabelVerdict, Rating, RatingScale, Topic
from claims.rating_labels import map_verdict
from claims.slugs import make_slug
from claimsapi.core.identifiers import uuid7
from claimsapi.core.models import Record
from sources.canonical import site_from_url
from sources.choices import SpeakerKind
from sources.models import Affiliation, Document, Identifier, Publisher, Speaker

Made = TypeVar("Made", bound=Record)


class EntityResolver:
    """What an import meets again and again, by what it is known by; new records come to it.

    ``made`` holds the records that are new since the last :meth:`keep`, by model, in the order in
    which they must be written.
    """

    def __init__(self) -> None:
        self.publishers: dict[str, Publisher] = {}
        self.scales: dict[str, RatingScale] = {}
        self.ratings: dict[tuple[str, str], Rating] = {}
        self.places: dict[str, int] = defaultdict(int)
        self.topics: dict[str, Topic] = {}
        self.by_address: dict[str, Speaker] = {}
        self.by_name: dict[tuple[str, str], list[Speaker]] = defaultdict(list)
        self.addresses: dict[Any, set[str]] = defaultdict(set)
        self.roles: dict[tuple[Any, str], Affiliation] = {}
        self.apart: dict[tuple[str, str], Speaker] = {}
        self.decided: dict[tuple[str, str], str] = {}
        self.made: dict[type[Any], list[Any]] = {}
        self.hidden: set[str | None] = set()  # addresses of documents that are here, and private
        self.unseen: set[str] = set()  # addresses of speakers, and names of topics, that are so
        self.unseen_names: set[str] = set()  # of speakers
        self.load()

    def load(self) -> None:
        """Read anew what the database holds."""
        self.note()
        held: tuple[dict[Any, Any], ...] = (
            *(self.publishers, self.scales, self.ratings, self.places, self.topics),
            *(self.by_address, self.by_name, self.addresses, self.roles, self.apart),
        )
        self.unseen.clear()
        self.unseen_names.clear()
        for known in held:
            known.clear()
        self.publishers.update({p.site: p for p in Publisher.objects.all()})
        self._sites = {p.pk: p.site for p in self.publishers.values()}
        for scale in RatingScale.objects.filter(origin=ReviewOrigin.IMPORTED):
            self.scales[self._sites[scale.publisher_id or 0]] = scale
        ratings = Rating.objects.filter(scale__origin=ReviewOrigin.IMPORTED)
        for rating in ratings.select_related("scale"):
            site = self._sites[rating.scale.publisher_id or 0]
            self.ratings[site, rating.label] = rating
            self.places[site] = max(self.places[site], rating.position)
        self.topics.update({name_key(topic.name): topic for topic in self._topics()})
        self.unseen |= {name_key(topic.name) for topic in Topic.objects.all()} - self.topics.keys()
        shown = set(self._speakers().values_list("pk", flat=True))
        speakers: dict[int, Speaker] = {}
        named = Speaker.objects.exclude(kind=SpeakerKind.ANONYMOUS)
        for speaker in named.only("public_id", "name", "kind").iterator():
            if speaker.pk in shown:
                speakers[speaker.pk] = speaker
                self.by_name[name_key(speaker.name), speaker.kind].append(speaker)
            else:
                self.unseen_names.add(name_key(speaker.name))
        for key, url in Identifier.objects.values_list("speaker", "url").iterator():
            if key in speakers:
                self._note_address(speakers[key], url)
            else:
                self.unseen.add(url_key(url))
        undated = Affiliation.objects.filter(start_on=None, end_on=None, organization="")
        for role in undated.iterator():
            if role.speaker_id in speakers:
                self.roles[speakers[role.speaker_id].public_id, name_key(role.role)] = role
        self.decided = {(d.key, d.site): d.verdict for d in LabelVerdict.objects.all()}
        self.forget()

    def _speakers(self) -> Any:
        """Who may be meant: what nobody was shown so far is not shown because others name it."""
        return Speaker.objects.public()

    def _topics(self) -> Any:
        return Topic.objects.public()

    def refresh(self) -> None:
        """Read anew if others wrote meanwhile; within the transaction that writes."""
        if self._newest() != self._seen:
            self.load()

    def note(self) -> None:
        """Note what is the newest now that this import has written."""
        self._seen = self._newest()

    def _newest(self) -> list[Any]:
        models = (Publisher, Rating, Topic, Speaker, Identifier, Affiliation)
        return [m._default_manager.aggregate(newest=Max("pk"))["newest"] for m in models]

    def forget(self) -> None:
        """Begin the next lot: what was made is written, or is not to be."""
        self.made = {
            model: []
            for model in (
                Publisher,
                RatingScale,
                Rating,
                Topic,
                Speaker,
                Identifier,
                Affiliation,
                Document,
            )
        }

    def _new(self, record: Made) -> Made:
        self.made[type(record)].append(record)
        return record

    def publisher(self, found: ParsedReview, notes: list[str]) -> Publisher:
        known = self.publishers.get(found.site)
        if known is None:
            known = self.publishers[found.site] = self._publisher(found.site, found.publisher)
        elif found.publisher != found.site and name_key(found.publisher) != name_key(known.name):
            notes.append(f"{found.publisher}: the publisher of {found.site} is {known.name} here.")
        return known

    def _publisher(self, site: str, name: str) -> Publisher:
        public_id = uuid7()
        slug = make_slug(name, public_id, "publisher")
        return self._new(Publisher(public_id=public_id, slug=slug, name=name, site=site))

    def rating(self, found: ParsedReview, notes: list[str]) -> Rating:
        """The publisher's own word for what it found, with the verdict that was decided on."""
        known = self.ratings.get((found.site, found.label))
        if known is None:
            self.places[found.site] += 1
            known = self.ratings[found.site, found.label] = self._new(
                Rating(
                    scale=self._scale(found, notes),
                    label=found.label,
                    position=self.places[found.site],
                    verdict=map_verdict(found.label, found.site, self.decided),
                )
            )
            if known.verdict == Verdict.UNMAPPED:
                notes.append(f"{found.label}: a new label, whose verdict an editor has to decide.")
        return known

    def _scale(self, found: ParsedReview, notes: list[str]) -> RatingScale:
        known = self.scales.get(found.site)
        if known is None:
            publisher, public_id = self.publisher(found, notes), uuid7()
            known = self.scales[found.site] = self._new(
                RatingScale(
                    public_id=public_id,
                    slug=make_slug(f"{publisher.name[:40]} imported", public_id, "imported"),
                    name=f"{publisher.name[:180]} (imported)",
                    publisher=publisher,
                    origin=ReviewOrigin.IMPORTED,
                )
            )
        return known

    def topic(self, name: str, notes: list[str]) -> Topic | None:
        key = name_key(name)
        known = self.topics.get(key)
        if known is None and key in self.unseen:
            notes.append(f"{name}: a topic that the public has not been shown: left out.")
            return None
        if known is None:
            public_id = uuid7()
            slug = make_slug(name, public_id, "topic")
            known = self.topics[key] = self._new(Topic(public_id=public_id, slug=slug, name=name))
        return known

    def speaker(
        self, claimant: Claimant, notes: list[str], before: Collection[Any] = ()
    ) -> Speaker:
        """Who made the claim; a new speaker where nobody, or more than one, may be meant.

        ``before`` are the ids of those who made it so far: of several of one name they are meant.
        """
        keys = [url_key(url) for url in claimant.identifiers]
        meant = {}
        for key in keys:
            if (known := self.by_address.get(key)) is None:
                continue
            if is_plausible_match(key, known.name, claimant.name):
                meant[known.public_id] = known
            else:
                notes.append(f"{claimant.name}: {key} is {known.name} here, so another is meant.")
        if len(meant) == 1:
            # What else it is said to have is not ours to believe: its page shows its addresses.
            return next(iter(meant.values()))
        if meant:
            notes.append(f"{claimant.name}: its addresses mean several speakers: made a new one.")
            keys = [key for key in keys if key not in self.by_address]
        speaker = self._named(claimant, set(keys), notes, before)
        if self.addresses[speaker.public_id]:  # who is known by an address gets no other
            return speaker
        for url in claimant.identifiers:
            key = url_key(url)
            if (
                key not in self.by_address
                and key not in self.unseen
                and not is_shared_platform(key)
            ):
                self._new(Identifier(speaker=speaker, url=url))
                self._note_address(speaker, url)
        return speaker

    def prefer(self, claim: Claim) -> None:
        """Of several who have a name, mean the one of whom a claim speaks already."""
        for statement in claim.statements.exclude(speaker=None).select_related("speaker"):
            speaker = statement.speaker
            self.apart.setdefault((name_key(speaker.name), speaker.kind), speaker)

    def _named(
        self, claimant: Claimant, keys: set[str], notes: list[str], before: Collection[Any]
    ) -> Speaker:
        kind = SpeakerKind.PERSON if claimant.is_person else SpeakerKind.ORGANIZATION
        namesakes = self.by_name[name_key(claimant.name), kind]
        alike = [speaker for speaker in namesakes if not self._is_another(speaker, keys)]
        if len(alike) == 1:
            return alike[0]
        if len(known := [speaker for speaker in alike if speaker.public_id in before]) == 1:
            return known[0]
        if len(alike) > 1:
            # One for the whole import: its own rows mean the same person more often than not.
            if one := self.apart.get((name_key(claimant.name), kind)):
                notes.append(f"{claimant.name}: of several, the one that was made just now.")
                return one
            notes.append(f"{claimant.name}: {len(alike)} speakers have this name: made a new one.")
        elif name_key(claimant.name) in self.unseen_names:
            notes.append(f"{claimant.name}: a new one, for the public was not shown that of here.")
        public_id = uuid7()
        speaker = self._new(
            Speaker(
                public_id=public_id,
                slug=make_slug(claimant.name, public_id, "speaker"),
                name=claimant.name,
                kind=kind,
            )
        )
        namesakes.append(speaker)
        if alike:
            self.apart[name_key(claimant.name), kind] = speaker
        return speaker

    def _is_another(self, speaker: Speaker, keys: set[str]) -> bool:
        """Whether both have a page at one register, and not the same one."""
        theirs = self.addresses[speaker.public_id]
        hosts = {key.partition("/")[0] for key in theirs}
        return not theirs & keys and any(key.partition("/")[0] in hosts for key in keys)

    def _note_address(self, speaker: Speaker, url: str) -> None:
        self.by_address[url_key(url)] = speaker
        self.addresses[speaker.public_id].add(url_key(url))

    def role(self, speaker: Speaker, title: str) -> Affiliation | None:
        if not title:
            return None
        key = (speaker.public_id, name_key(title))
        known = self.roles.get(key)
        if known is None:
            known = self.roles[key] = self._new(Affiliation(speaker=speaker, role=title))
        return known

    def documents(self, works: Iterable[CreativeWork]) -> dict[str, Document]:
        """The documents of these addresses that are here already."""
        urls = {work.url for work in works if work.url}
        here = Document.objects.filter(url__in=urls)
        known = {document.url or "": document for document in here.public()}
        # What nobody was shown so far is not shown because somebody else names it.
        self.hidden = {url for url in here.values_list("url", flat=True) if url not in known}
        return known

    def document(self, work: CreativeWork, known: dict[str, Document]) -> Document:
        """The document of an address, or a new one; without an address each is its own."""
        document = known.get(work.url) if work.url else None
        if document is None:
            document = self._new(
                Document(
                    title=work.title,
                    url=None if work.url in self.hidden else work.url or None,
                    publisher=self._of_work(work),
                    byline=work.byline,
                    published_on=work.published.day,
                    published_precision=work.published.precision,
                )
            )
            if work.url:
                known[work.url] = document
        return document

    def _of_work(self, work: CreativeWork) -> Publisher | None:
        """The publisher of a work, if it is one that is known."""
        if work.publisher:
            return self.publishers.get(work.publisher)
        try:
            return self.publishers.get(site_from_url(work.url)) if work.url else None
        except ValueError:
            return None
