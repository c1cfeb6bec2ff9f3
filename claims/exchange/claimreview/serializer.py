"""Serializer of reviews to ClaimReview markup in its normalized form."""

import json
from typing import Any, Final

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import CONTEXT, Json, drop_empty, unwrap_single
from claims.rating_scales import find_markup_range
from claimsapi.core.partial_date import PartialDate

_SPEAKER_TYPES: Final = {"organization": "Organization"}
_WORK_TYPES: Final = {
    "article": "Article",
    "dataset": "Dataset",
    "report": "Report",
    "image": "ImageObject",
    "video": "VideoObject",
    "post": "SocialMediaPosting",
}
# Characters that would end a script element, start an HTML comment in it, or end a line in
# JavaScript before ES2019.
_SCRIPT_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def serialize_review(review: Any, page: str) -> Json | None:
    """Return the ClaimReview of a published review, or ``None`` for other reviews.

    The review must come from ``for_markup()``. ``page`` is the URL of its page. An imported review
    keeps the URL and the markup of its publisher.
    """
    versions = review.public_versions
    if not versions or versions[0].state != "published":
        return None
    # The newest version comes first; the last one is the first publication.
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
            "author": drop_empty(
                {
                    "@type": "Organization",
                    "name": _line(review.publisher.name),
                    "url": f"https://{review.publisher.site}/",
                    "correctionsPolicy": property_values.parse_url(
                        review.publisher.corrections_policy_url
                    ),
                }
            ),
            "reviewRating": _serialize_rating(version),
            "itemReviewed": _serialize_claim(review.claim),
            "reviewBody": _paragraph(version.body),
            "keywords": [_line(topic.name) for topic in review.claim.topics.all()],
            "citation": unwrap_single(
                [_serialize_evidence(item) for item in version.evidence.all()]
            ),
            "correction": [
                {
                    "@type": "CorrectionComment",
                    "text": _paragraph(correction.correction_note),
                    "datePublished": dates.format_timestamp(correction.published_at),
                }
                for correction in reversed(versions)
                if correction.number > 1
            ],
        }
    )


def serialize_feed_item(markup: Json) -> Json:
    """Return a ``DataFeedItem`` with the ClaimReview."""
    return drop_empty(
        {
            "@type": "DataFeedItem",
            "url": markup.get("url"),
            "dateCreated": markup.get("datePublished"),
            "dateModified": markup.get("dateModified") or markup.get("datePublished"),
            "item": [{name: value for name, value in markup.items() if name != "@context"}],
        }
    )


def dump_for_script(value: Any) -> str:
    """Dump JSON for a script element of a page. It can neither close the element nor open one."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_SCRIPT_ESCAPES)


def _serialize_rating(version: Any) -> Json:
    rating = version.rating
    markup_range = find_markup_range(other.value for other in rating.scale.ratings.all())
    scale: Json = {}
    if rating.value is not None and markup_range is not None:
        worst, best = markup_range
        scale = {"ratingValue": rating.value, "bestRating": best, "worstRating": worst}
    return {
        "@type": "Rating",
        **scale,
        "alternateName": _line(rating.label),
        "ratingExplanation": _paragraph(version.summary),
    }


def _serialize_claim(claim: Any) -> Json:
    statements = list(claim.statements.all())
    named = [s for s in statements if s.speaker is not None and s.speaker.kind != "anonymous"]
    # A speaker or document of several statements occurs once.
    by_speaker = {statement.speaker_id: statement for statement in named}
    dates = [s.stated_date for s in statements if s.stated_date.day is not None]
    works = {
        statement.document_id: _serialize_work(statement.document)
        for statement in statements
        if statement.document is not None
    }
    return drop_empty(
        {
            "@type": "Claim",
            "author": unwrap_single([_serialize_speaker(one) for one in by_speaker.values()]),
            "datePublished": str(min(dates, key=_first_day)) if dates else None,
            "appearance": unwrap_single(list(works.values())),
        }
    )


def _first_day(date: PartialDate) -> Any:
    return date.day


def _serialize_speaker(statement: Any) -> Json:
    speaker, role = statement.speaker, statement.affiliation
    return drop_empty(
        {
            "@type": _SPEAKER_TYPES.get(speaker.kind, "Person"),
            "name": _line(speaker.name),
            "jobTitle": _line(role.title) if role is not None else None,
            "sameAs": [identifier.url for identifier in speaker.identifiers.all()],
        }
    )


def _serialize_work(document: Any) -> Json:
    author = {"@type": "Person", "name": _line(document.byline)} if document.byline else None
    publisher = document.publisher and {
        "@type": "Organization",
        "name": _line(document.publisher.name),
        "url": f"https://{document.publisher.site}/",
    }
    return drop_empty(
        {
            "@type": _WORK_TYPES.get(document.kind, "CreativeWork"),
            "url": document.url,
            "headline": _line(document.title),
            "datePublished": str(document.published_date),
            "author": author,
            "publisher": publisher,
            "inLanguage": property_values.parse_language_tag(document.language),
        }
    )


def _serialize_evidence(item: Any) -> Json:
    properties = {"description": _paragraph(item.note), "text": _paragraph(item.exact)}
    return {**_serialize_work(item.document), **drop_empty(properties)}


# Our own parsers read the markup of others again, so a text is escaped, parsed and escaped.
def _paragraph(text: str) -> str:
    escaped = property_values.escape_text(text)
    return property_values.escape_text(property_values.parse_paragraph(escaped) or "")


def _line(text: str) -> str:
    escaped = property_values.escape_text(text)
    return property_values.escape_text(property_values.parse_line(escaped) or "")
