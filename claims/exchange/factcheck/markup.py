"""ClaimReviews in the agreed form as the markups of pages in the Fact Check Tools API. Pure."""

from typing import Any, Final

from claims.exchange.claimreview.vocabulary import Json, as_list, drop_empty, plain_text

# What a page says of a ClaimReview; the other members of one are not its business.
SAID: Final = ("url", "claimReviewed", "datePublished", "author", "reviewRating", "itemReviewed")


def page_fields(agreed: Json) -> Json:
    """What a ClaimReview in its agreed form says of its page."""
    author = _first(agreed.get("author")) or _first(agreed.get("publisher"))
    return drop_empty(
        {
            "publishDate": agreed.get("datePublished"),
            "claimReviewAuthor": drop_empty(
                {"name": plain_text(author.get("name")), "imageUrl": author.get("image")}
            ),
        }
    )


def markup_of(agreed: Json) -> Json:
    """A ClaimReview in its agreed form as a page's markup."""
    claim, rating = agreed.get("itemReviewed", {}), agreed["reviewRating"]
    author = _first(claim.get("author"))
    numbers = {name: rating.get(name) for name in ("ratingValue", "bestRating", "worstRating")}
    return drop_empty(
        {
            "url": agreed.get("url"),
            "claimReviewed": plain_text(agreed["claimReviewed"]),
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
                    "sameAs": next(iter(author.get("sameAs", ())), None),
                }
            ),
            "rating": drop_empty(
                {
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


def taken_over(before: Json, found: Json) -> Json:
    """The ClaimReview as it is sent, with what the one before says that no page can say."""
    return {**{name: value for name, value in before.items() if name not in SAID}, **found}


def same(before: Json, after: Json) -> bool:
    """Whether two ClaimReviews in the agreed form say the same on a page."""
    return (page_fields(before), markup_of(before)) == (page_fields(after), markup_of(after))
