"""Serializer of page markup: ClaimReviews in normalized form as the API's markups. Pure."""

from typing import Any, Final

from claims.exchange.claimreview.vocabulary import Json, as_list, drop_empty, plain_text

# The properties of a ClaimReview that a page can express.
PAGE_PROPERTIES: Final = (
    "url",
    "claimReviewed",
    "datePublished",
    "author",
    "reviewRating",
    "itemReviewed",
)


def serialize_page_fields(review: Json) -> Json:
    """Return the date and author of a review, which the API has once per page."""
    author = _first(review.get("author")) or _first(review.get("publisher"))
    return drop_empty(
        {
            "publishDate": review.get("datePublished"),
            "claimReviewAuthor": drop_empty(
                {"name": plain_text(author.get("name")), "imageUrl": author.get("image")}
            ),
        }
    )


def serialize_markup(review: Json) -> Json:
    """Return a review as one item of ``claimReviewMarkups``."""
    claim, rating = review.get("itemReviewed", {}), review["reviewRating"]
    author = _first(claim.get("author"))
    numbers = {name: rating.get(name) for name in ("ratingValue", "bestRating", "worstRating")}
    return drop_empty(
        {
            "url": review.get("url"),
            "claimReviewed": plain_text(review["claimReviewed"]),
            "claimDate": claim.get("datePublished"),
            "claimLocation": plain_text(claim.get("name")),
            "claimFirstAppearance": _first(claim.get("firstAppearance")).get("url"),
            "claimAppearances": [
                work["url"] for work in as_list(claim.get("appearance")) if "url" in work
            ],
            "claimAuthor": drop_empty(
                {
                    "name": plain_text(author.get("name")),
                    "jobTitle": plain_text(author.get("jobTitle")),
                    "imageUrl": author.get("image"),
                    # The API has one URL for a claimant, schema.org has several.
                    "sameAs": next(iter(author.get("sameAs", ())), None),
                }
            ),
            "rating": drop_empty(
                {
                    # The API's numbers are integers. A rating such as 2.5 has only its label.
                    **{name: n for name, n in numbers.items() if isinstance(n, int)},
                    "textualRating": plain_text(rating.get("alternateName")),
                    "ratingExplanation": plain_text(rating.get("ratingExplanation")),
                    "imageUrl": rating.get("image"),
                }
            ),
        }
    )


def _first(value: Any) -> Json:
    return next(iter(as_list(value)), {})


def merge_reviews(stored: Json, submitted: Json) -> Json:
    """Return the submitted review with the stored properties that a page cannot express."""
    others = {name: value for name, value in stored.items() if name not in PAGE_PROPERTIES}
    return {**others, **submitted}


def has_same_markup(one: Json, other: Json) -> bool:
    """Whether two reviews in normalized form have the same markup on a page."""
    return (serialize_page_fields(one), serialize_markup(one)) == (
        serialize_page_fields(other),
        serialize_markup(other),
    )
