"""A review as ClaimReview: in the agreed form, so that who reads it by our rules reads it whole."""

import json
from typing import Any, Final

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import CONTEXT, Json, drop_empty, unwrap_single
from claimsapi.core.partial_date import PartialDate

_TYPES: Final = {"organization": "Organization"}
_WORKS: Final = {
    "article": "Article",
    "dataset": "Dataset",
    "report": "Report",
    "image": "ImageObject",
    "video": "VideoObject",
    "post": "SocialMediaPosting",
}
# What would end a script element, begin a comment in it, or be a line's end to an old parser.
_IN_SCRIPT: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def serialize_review(review: Any, page: str) -> Json | None:
    """The ClaimReview of a review that stands, read by ``for_markup()``; none of one that does not.

    ``page`` is the address of its page. That of an imported review is its publisher's own.
    """
    versions = review.public_versions
    if not versions or versions[0].state != "published":
        return None
    version = versions[0]
    if version.markup:
        return load_markup(version.markup)[0]
    return drop_empty(
        {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "url": page,
            "claimReviewed": _line(review.claim.text),
            "name": _line(version.headline),
            "datePublished": dates.format_timestamp(versions[-1].published_at),
            "dateModified": dates.format_timestamp(version.published_at)
            if version.number > 1
            else None,
            "inLanguage": property_values.parse_language_tag(review.claim.language),
            "author": {
                "@type": "Organization",
                "name": _line(review.publisher.name),
                "url": f"https://{review.publisher.site}/",
                **_policy(review.publisher),
            },
            "reviewRating": _rating(version),
            "itemReviewed": _claim(review.claim),
            "reviewBody": _text(version.body),
            "keywords": [_line(topic.name) for topic in review.claim.topics.all()],
            "citation": unwrap_single([_evidence(item) for item in version.evidence.all()]),
            "correction": [
                {
                    "@type": "CorrectionComment",
                    "text": _text(newer.correction_note),
                    "datePublished": dates.format_timestamp(newer.published_at),
                }
                for newer in reversed(versions)
                if newer.number > 1
            ],
        }
    )


def serialize_feed_item(found: Json) -> Json:
    """An item of a feed that holds a ClaimReview."""
    return drop_empty(
        {
            "@type": "DataFeedItem",
            "url": found.get("url"),
            "dateCreated": found.get("datePublished"),
            "dateModified": found.get("dateModified") or found.get("datePublished"),
            "item": [{name: value for name, value in found.items() if name != "@context"}],
        }
    )


def dump_for_script(value: Any) -> str:
    """JSON that may stand within a script element of a page: it can neither end nor open one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT)


def _policy(publisher: Any) -> Json:
    """Where readers find how mistakes are corrected."""
    policy = property_values.parse_url(publisher.corrections_policy_url)
    return {"correctionsPolicy": policy} if policy else {}


def _rating(version: Any) -> Json:
    rating = version.rating
    numbers = [other.value for other in rating.scale.ratings.all() if other.value is not None]
    scale: Json = {}
    if rating.value is not None and 1 <= min(numbers) < max(numbers):
        scale = {
            "ratingValue": rating.value,
            "bestRating": max(numbers),
            "worstRating": min(numbers),
        }
    return {
        "@type": "Rating",
        **scale,
        "alternateName": _line(rating.label),
        "ratingExplanation": _text(version.summary),
    }


def _claim(claim: Any) -> Json:
    statements = list(claim.statements.all())
    known = [s for s in statements if s.speaker is not None and s.speaker.kind != "anonymous"]
    speakers = {statement.speaker_id: statement for statement in known}
    stated = [s.stated for s in statements if s.stated.day is not None]
    works = {s.document_id: _work(s.document) for s in statements if s.document is not None}
    return drop_empty(
        {
            "@type": "Claim",
            "author": unwrap_single([_speaker(statement) for statement in speakers.values()]),
            "datePublished": str(min(stated, key=_first_day)) if stated else None,
            "appearance": unwrap_single(list(works.values())),
        }
    )


def _first_day(date: PartialDate) -> Any:
    return date.day


def _speaker(statement: Any) -> Json:
    speaker = statement.speaker
    roles = [role for role in [statement.affiliation] if role is not None]
    return drop_empty(
        {
            "@type": _TYPES.get(speaker.kind, "Person"),
            "name": _line(speaker.name),
            "jobTitle": _line(roles[0].title) if roles else None,
            "sameAs": [identifier.url for identifier in speaker.identifiers.all()],
        }
    )


def _work(document: Any) -> Json:
    return drop_empty(
        {
            "@type": _WORKS.get(document.kind, "CreativeWork"),
            "url": document.url,
            "headline": _line(document.title),
            "datePublished": str(document.published),
            "author": {"@type": "Person", "name": _line(document.byline)}
            if document.byline
            else None,
            "publisher": {
                "@type": "Organization",
                "name": _line(document.publisher.name),
                "url": f"https://{document.publisher.site}/",
            }
            if document.publisher is not None
            else None,
            "inLanguage": property_values.parse_language_tag(document.language),
        }
    )


def _evidence(item: Any) -> Json:
    return {
        **_work(item.document),
        **drop_empty({"description": _text(item.note), "text": _text(item.exact)}),
    }


def _text(text: str) -> str:
    return property_values.escape_text(
        property_values.parse_paragraph(property_values.escape_text(text)) or ""
    )


def _line(text: str) -> str:
    return property_values.escape_text(
        property_values.parse_line(property_values.escape_text(text)) or ""
    )
