"""Seed entries of claims with their statements and reviews, and of relations."""

from django.utils import timezone

from claims import choices
from claims.exchange.seeds.case import Case
from claims.exchange.seeds.parser import Entry
from claims.exchange.seeds.passage import read_passage
from claims.exchange.seeds.reviews import load_review
from claims.models import Claim, ClaimRelation, Statement, Topic
from sources.models import Affiliation, Speaker


def load_claim(case: Case, entry: Entry) -> None:
    key = entry.slug("key")
    new = Claim(
        public_id=case.make_id("claim", key),
        text=entry.text("text").strip(),
        kind=entry.choice("kind", choices.ClaimKind.values),
        checkability=entry.choice(
            "checkability", choices.Checkability.values, choices.Checkability.CHECKABLE
        ),
        language=entry.text("language", ""),
        listed_at=timezone.now() if entry.flag("listed") else None,
    )
    topics = [case.resolve(entry, "topics", Topic, slug) for slug in entry.texts("topics")]
    claim, is_new = case.load(entry, key, new)
    if is_new:
        claim.topics.set(topics)
    for item in entry.entries("statements"):
        _load_statement(case, item, key, claim)
    for item in entry.entries("reviews"):
        load_review(case, item, claim)


def _load_statement(case: Case, entry: Entry, claim_key: str, claim: Claim) -> None:
    key = entry.slug("key")
    date = entry.date("stated")
    new = Statement(
        public_id=case.make_id("statement", claim_key, key),
        claim=claim,
        speaker=case.find(entry, "speaker", Speaker),
        affiliation=case.find(entry, "affiliation", Affiliation),
        quotation=entry.choice("quotation", choices.Quotation.values),
        attributed_as=entry.text("attributed_as", ""),
        stated_on=date.day,
        stated_precision=date.precision,
        source_given=entry.choice(
            "source_given", choices.SourceGiven.values, choices.SourceGiven.UNKNOWN
        ),
        **read_passage(case, entry),
    )
    # A statement's key is unique only within its claim.
    case.load(entry, f"{claim_key}/{key}", new)


def load_relation(case: Case, entry: Entry) -> None:
    kind = entry.choice("kind", choices.RelationKind.values)
    from_claim, to_claim = (case.require(entry, field, Claim) for field in ("from", "to"))
    new = ClaimRelation(
        # A relation has no key: its claims and its kind identify it.
        public_id=case.make_id("relation", entry.text("from"), entry.text("to"), kind),
        from_claim=from_claim,
        to_claim=to_claim,
        kind=kind,
        state=entry.choice("state", choices.RelationState.values, choices.RelationState.SUGGESTED),
        method="seed",
    )
    case.load(entry, str(new.public_id), new)
