"""Rules that normalize each property of a ClaimReview: return its value or add a note."""

from collections.abc import Callable
from typing import Any, Final

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.vocabulary import (
    DEFAULT_BEST_RATING,
    DEFAULT_WORST_RATING,
    Json,
    Notes,
    get_properties,
    get_types,
    is_claim_review,
    unwrap_single,
)

_MAX_DEPTH: Final = 8  # levels of a property without a rule
_MAX_ITEMS: Final = 200  # items of a list, or properties of an object

Rule = Callable[[Any, str, Notes], Any]
Rules = dict[str, Rule]


def _read_line(value: Any, path: str, notes: Notes) -> str | None:
    return _read_text(property_values.parse_line, value, path, notes)


def _read_paragraph(value: Any, path: str, notes: Notes) -> str | None:
    return _read_text(property_values.parse_paragraph, value, path, notes)


def _read_text(
    parse: Callable[[Any], str | None], value: Any, path: str, notes: Notes
) -> str | None:
    if value is None:
        return None
    text = parse(value)
    if text is None and isinstance(value, dict):
        text = parse(value.get("name") or value.get("text"))
    _note_other_values(value, path, notes)
    if text is None:
        notes.add(path, value, "is not a text.")
        return None
    return property_values.escape_text(text)


def _note_other_values(value: Any, path: str, notes: Notes) -> None:
    if isinstance(value, list) and len(value) > 1:
        notes.add(path, value[1:], "was ignored: only the first value counts.")


def _read_url(value: Any, path: str, notes: Notes) -> str | None:
    if value is None:
        return None
    url = property_values.parse_url(value)
    if url is None:
        notes.add(path, value, "is not a web address.")
    return url


def _read_urls(value: Any, path: str, notes: Notes) -> list[str]:
    if value is None:
        return []
    for item in value if isinstance(value, list) else [value]:
        if property_values.parse_url(item) is None:
            notes.add(path, item, "is not a web address.")
    return property_values.parse_urls(value)


def _read_date(value: Any, path: str, notes: Notes) -> str | None:
    if value is None:
        return None
    date = dates.parse_date_or_fault(value)
    if isinstance(date, dates.DateFault):
        notes.add(path, value, date)
        return None
    return date.text


def _read_language(value: Any, path: str, notes: Notes) -> str | None:
    """Read a language tag (BCP 47), also from a schema.org ``Language`` object."""
    _note_other_values(value, path, notes)
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    text = property_values.parse_line(value) if value is not None else None
    if text is None:
        return None
    tag = property_values.parse_language_tag(text)
    if tag is None:
        notes.add(path, value, "is not a language tag.")
    return tag


def _read_keywords(value: Any, path: str, notes: Notes) -> list[str]:
    """Read keywords from a list, or from a text with commas."""
    if value is None:
        return []
    keywords: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        text = property_values.parse_line(item.get("name") if isinstance(item, dict) else item)
        if text is None:
            notes.add(path, item, "is not a text.")
            continue
        # An item of a list is one keyword, even with a comma in it.
        parts = [text] if isinstance(value, list) else text.split(",")
        keywords += [property_values.escape_text(part.strip()) for part in parts if part.strip()]
    keywords = list(dict.fromkeys(keywords))
    _note_excess(keywords, path, notes)
    return keywords[:_MAX_ITEMS]


def _limit_list(value: Any, path: str, notes: Notes) -> list[Any]:
    if value is None:
        return []
    _note_excess(value, path, notes)
    return value[:_MAX_ITEMS] if isinstance(value, list) else [value]


def _note_excess(value: Any, path: str, notes: Notes) -> None:
    if isinstance(value, list) and len(value) > _MAX_ITEMS:
        notes.add(
            path, value[_MAX_ITEMS:], f"was ignored: only the first {_MAX_ITEMS} values count."
        )


def _read_object(value: Json, rules: Rules, kind: str, path: str, notes: Notes) -> Json:
    """Read an object by its rules, and copy its other properties."""
    properties, normalized = get_properties(value), {"@type": kind}
    for name, read in rules.items():
        if name in properties:
            content = read(properties[name], f"{path}.{name}", notes)
            if content not in (None, [], {}):
                normalized[name] = content
    exclude = {*rules, "@type", "type", "@context"}
    copy_other_properties(properties, normalized, exclude, path, notes)
    return normalized


def copy_other_properties(
    properties: Json, normalized: Json, exclude: set[str], path: str, notes: Notes
) -> None:
    """Copy the properties without a rule, and note which ones.

    A property in ``exclude`` has a rule: if that could not read it, no copy may suggest otherwise.
    """
    copied = []
    for name, value in list(properties.items())[:_MAX_ITEMS]:
        if name in exclude:
            continue
        full_path = f"{path}.{name}".lstrip(".")
        if not _is_property_name(name):
            notes.add(full_path, value, "was ignored: the property's name is not allowed.")
            continue
        content = _copy_value(value, 1)
        if content in (None, [], {}):
            notes.add(full_path, value, "was ignored: it has no content that can be copied.")
            continue
        normalized[name] = content
        copied.append(name)
    if copied:
        notes.add_text(path, f"copied without a check: {', '.join(copied)}")


def _is_property_name(name: str) -> bool:
    """Whether the name may be copied.

    Of the JSON-LD keywords only ``@type`` and ``@id`` are allowed: others, such as ``@context``,
    change the meaning of the properties around them.
    """
    if name.startswith("@"):
        return name in {"@type", "@id"}
    return 0 < len(name) <= 100 and name.replace(":", "").replace("_", "").isalnum()


def _copy_value(value: Any, depth: int) -> Any:
    """Copy a value without a rule; clean its texts and drop values that JSON cannot hold."""
    match value:
        case str():
            text = property_values.parse_paragraph(value)
            return None if text is None else property_values.escape_text(text)
        case bool():
            return value
        case int() | float():
            return property_values.parse_number(value)
        case list() if depth < _MAX_DEPTH:
            items = [_copy_value(item, depth + 1) for item in value[:_MAX_ITEMS]]
            return [item for item in items if item not in (None, [], {})]
        # A review within a review is dropped: our page must not publish it as its own.
        case dict() if depth < _MAX_DEPTH and not is_claim_review(value):
            properties = {
                str(name): _copy_value(item, depth + 1)
                for name, item in list(value.items())[:_MAX_ITEMS]
            }
            return {
                name: item
                for name, item in properties.items()
                if item not in (None, [], {}) and _is_property_name(name)
            }
    return None


def _read_agents(value: Any, path: str, notes: Notes, *, default_type: str = "Organization") -> Any:
    """Read people and organizations: one object, or a list of several."""
    items = _limit_list(value, path, notes)
    agents = [agent for item in items if (agent := _read_agent(item, path, notes, default_type))]
    return unwrap_single(agents)


def _read_agent(value: Any, path: str, notes: Notes, default_type: str) -> Json | None:
    match value:
        case None:
            return None
        case str():
            url = property_values.parse_url(value) if "://" in value else None
            if url:
                return {"@type": default_type, "url": url}
            name = property_values.parse_line(value)
            return (
                {"@type": default_type, "name": property_values.escape_text(name)} if name else None
            )
        case dict():
            kind = next((name for name in get_types(value) if name in _AGENTS), default_type)
            agent = _read_object(value, _AGENT, kind, path, notes)
            if len(agent) > 1:
                return agent
    notes.add(path, value, "names no person or organization.")
    return None


def _read_claimants(value: Any, path: str, notes: Notes) -> Any:
    return _read_agents(value, path, notes, default_type="Person")


def _read_publishers(value: Any, path: str, notes: Notes) -> Any:
    return _read_agents(value, path, notes)


def _read_works(value: Any, path: str, notes: Notes) -> Any:
    items = _limit_list(value, path, notes)
    return unwrap_single([work for item in items if (work := _read_work(item, path, notes))])


def _read_work(value: Any, path: str, notes: Notes) -> Json | None:
    match value:
        case str():
            if url := property_values.parse_url(value):
                return {"@type": "CreativeWork", "url": url}
            if name := property_values.parse_line(value):
                return {"@type": "CreativeWork", "name": property_values.escape_text(name)}
        case dict():
            kind = next((name for name in get_types(value) if name.isalnum()), "CreativeWork")
            work = _read_object(value, _WORK, kind, path, notes)
            if len(work) > 1:
                return work
    notes.add(path, value, "is not a work with a URL or name.")
    return None


def _read_claim(value: Any, path: str, notes: Notes) -> Json | None:
    """Read the reviewed claim.

    Older markup has the work that makes the claim in its place, with the claimant as its author.
    """
    items = value if isinstance(value, list) else [value]
    first = next((item for item in items if isinstance(item, dict)), None)
    if first is None:
        text = property_values.parse_line(value)
        return {"@type": "Claim", "name": property_values.escape_text(text)} if text else None
    _note_other_values(value, path, notes)
    properties = dict(get_properties(first))
    if "Claim" not in get_types(first) and not {"appearance", "firstAppearance"} & set(properties):
        names = ("url", "headline", "publisher")
        work = {name: properties.pop(name) for name in names if name in properties}
        if work:
            properties["appearance"] = {"@type": "CreativeWork", **work}
    claim = _read_object(properties, _CLAIM, "Claim", path, notes)
    return claim if len(claim) > 1 else None


def _read_rating(value: Any, path: str, notes: Notes) -> Json | None:
    items = value if isinstance(value, list) else [value]
    first = next((item for item in items if isinstance(item, dict)), None)
    if first is None:
        text = property_values.parse_line(value)
        return (
            {"@type": "Rating", "alternateName": property_values.escape_text(text)}
            if text
            else None
        )
    _note_other_values(value, path, notes)
    properties = get_properties(first)
    value = properties.get("ratingValue")
    if isinstance(value, str) and property_values.parse_number(value) is None:
        # Publishers often write the label where schema.org expects a number.
        properties = {"alternateName": value, **properties}
    rating = _read_object(properties, _RATING, "Rating", path, notes)
    numbers = _read_numbers(properties, path, notes)
    label = rating.pop("alternateName", None) or rating.get("name")
    if not label and "ratingValue" in numbers:
        label = f"{numbers['ratingValue']} / {numbers.get('bestRating', DEFAULT_BEST_RATING)}"
    if not label:
        return None
    # The order of the properties is part of the normalized form.
    others = {name: rating.pop(name) for name in list(rating) if name != "@type"}
    return {"@type": "Rating", **numbers, "alternateName": label, **others}


def _read_numbers(properties: Json, path: str, notes: Notes) -> Json:
    """Read the value, best and worst number of a rating if they form a scale.

    Some publishers write -1 for 'no number'.
    """
    names = ("ratingValue", "bestRating", "worstRating")
    values = {name: properties[name] for name in names if name in properties}
    numbers = {name: property_values.parse_number(value) for name, value in values.items()}
    for name, number in numbers.items():
        if number is None:
            notes.add(f"{path}.{name}", values[name], "is not a number.")
    if numbers.get("ratingValue") in {None, -1}:
        return {}
    rating = numbers["ratingValue"]
    best, worst = numbers.get("bestRating"), numbers.get("worstRating")
    highest = DEFAULT_BEST_RATING if best in {None, -1} else best
    lowest = DEFAULT_WORST_RATING if worst in {None, -1} else worst
    if rating is None or highest is None or lowest is None or not lowest <= rating <= highest:
        notes.add(path, values, "is outside its scale.")
        return {}
    if lowest == highest:
        notes.add(path, values, "is a scale with a single number.")
        return {}
    return {
        "ratingValue": rating,
        **({"bestRating": best} if best not in {None, -1} else {}),
        **({"worstRating": worst} if worst not in {None, -1} else {}),
    }


def _read_corrections(value: Any, path: str, notes: Notes) -> Any:
    corrections = []
    for item in _limit_list(value, path, notes):
        if isinstance(item, dict):
            comment = _read_object(item, _COMMENT, "CorrectionComment", path, notes)
            if len(comment) > 1:
                corrections.append(comment)
        elif text := _read_paragraph(item, path, notes):
            corrections.append({"@type": "CorrectionComment", "text": text})
    return corrections


def _skip(_value: Any, _path: str, _notes: Notes) -> None:
    """Skip a property that another function reads."""


_AGENTS: Final = frozenset(
    {
        "Person",
        "Organization",
        "NewsMediaOrganization",
        "Corporation",
        "EducationalOrganization",
        "GovernmentOrganization",
        "NGO",
        "PerformingGroup",
        "PoliticalParty",
    }
)
_AGENT: Final[Rules] = {
    "name": _read_line,
    "url": _read_url,
    "jobTitle": _read_line,
    "sameAs": _read_urls,
    "image": _read_url,
    "correctionsPolicy": _read_url,
}
_WORK: Final[Rules] = {
    "url": _read_url,
    "headline": _read_line,
    "name": _read_line,
    "datePublished": _read_date,
    "author": _read_claimants,
    "publisher": _read_publishers,
    "inLanguage": _read_language,
    "description": _read_paragraph,
    "text": _read_paragraph,
}
_CLAIM: Final[Rules] = {
    "name": _read_line,
    "author": _read_claimants,
    "datePublished": _read_date,
    "firstAppearance": _read_works,
    "appearance": _read_works,
}
_RATING: Final[Rules] = {
    "ratingValue": _skip,
    "bestRating": _skip,
    "worstRating": _skip,
    "alternateName": _read_line,
    "name": _read_line,
    "ratingExplanation": _read_paragraph,
    "image": _read_url,
}
_COMMENT: Final[Rules] = {"text": _read_paragraph, "datePublished": _read_date}
RULES: Final[Rules] = {
    "url": _skip,
    "identifier": _read_line,
    "claimReviewed": _read_line,
    "name": _read_line,
    "headline": _read_line,
    "datePublished": _read_date,
    "dateModified": _read_date,
    "inLanguage": _read_language,
    "author": _read_publishers,
    "publisher": _read_publishers,
    "reviewRating": _read_rating,
    "itemReviewed": _read_claim,
    "reviewBody": _read_paragraph,
    "keywords": _read_keywords,
    "citation": _read_works,
    "correction": _read_corrections,
    "license": _read_url,
    "sdPublisher": _read_publishers,
}
