"""How each member of a ClaimReview is read: its value in the agreed form, or a note."""

from collections.abc import Callable
from typing import Any, Final

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.vocabulary import (
    Json,
    Notes,
    get_properties,
    get_types,
    is_claim_review,
    unwrap_single,
)

_DEEPEST: Final = 8  # levels of what has no rule here
_MOST: Final = 200  # members of a list or object


def _line(value: Any, path: str, notes: Notes) -> str | None:
    return _text(property_values.parse_line, value, path, notes)


def _paragraph(value: Any, path: str, notes: Notes) -> str | None:
    return _text(property_values.parse_paragraph, value, path, notes)


def _text(read: Callable[[Any], str | None], value: Any, path: str, notes: Notes) -> str | None:
    if value is None:
        return None
    text = read(value)
    if text is None and isinstance(value, dict):
        text = read(value.get("name") or value.get("text"))
    _only_first(value, path, notes)
    if text is None:
        notes.add(path, value, "is no text.")
        return None
    return property_values.escape_text(text)


def _only_first(value: Any, path: str, notes: Notes) -> None:
    if isinstance(value, list) and len(value) > 1:
        notes.add(path, value[1:], "stand beside the first one, which alone was read.")


def _address(value: Any, path: str, notes: Notes) -> str | None:
    if value is None:
        return None
    url = property_values.parse_url(value)
    if url is None:
        notes.add(path, value, "is no address.")
    return url


def _addresses(value: Any, path: str, notes: Notes) -> list[str]:
    found = property_values.parse_urls(value) if value is not None else []
    given = value if isinstance(value, list) else [value]
    for item in given if value is not None else ():
        if property_values.parse_url(item) is None:
            notes.add(path, item, "is no address.")
    return found


def _date(value: Any, path: str, notes: Notes) -> str | None:
    if value is None:
        return None
    found = dates.parse_date_or_fault(value)
    if isinstance(found, dates.DateFault):
        notes.add(path, value, found)
        return None
    return found.text


def _language(value: Any, path: str, notes: Notes) -> str | None:
    """A language tag (BCP 47), in its customary case."""
    _only_first(value, path, notes)
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    text = property_values.parse_line(value) if value is not None else None
    if text is None:
        return None
    tag = property_values.parse_language_tag(text)
    if tag is None:
        notes.add(path, value, "is no language tag.")
    return tag


def _words(value: Any, path: str, notes: Notes) -> list[str]:
    """Keywords: a list of them, or a text with commas."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    found: list[str] = []
    for item in items:
        text = property_values.parse_line(item.get("name") if isinstance(item, dict) else item)
        if text is None:
            notes.add(path, item, "is no text.")
            continue
        parts = [text] if isinstance(value, list) else text.split(",")
        found += [property_values.escape_text(part.strip()) for part in parts if part.strip()]
    found = list(dict.fromkeys(found))
    _most(found, path, notes)
    return found[:_MOST]


Rule = Callable[[Any, str, Notes], Any]
Rules = dict[str, Rule]


def _each(value: Any, path: str, notes: Notes) -> list[Any]:
    if value is None:
        return []
    _most(value, path, notes)
    return value[:_MOST] if isinstance(value, list) else [value]


def _most(value: Any, path: str, notes: Notes) -> None:
    if isinstance(value, list) and len(value) > _MOST:
        notes.add(path, value[_MOST:], f"come after the first {_MOST}, which alone were read.")


def _object(given: Json, rules: Rules, kind: str, path: str, notes: Notes) -> Json:
    """An object by its rules, then what it has beside them."""
    members, normalized = get_properties(given), {"@type": kind}
    for name, read in rules.items():
        if name in members:
            value = read(members[name], f"{path}.{name}", notes)
            if value not in (None, [], {}):
                normalized[name] = value
    copy_other_properties(members, normalized, {*rules, "@type", "type", "@context"}, path, notes)
    return normalized


def copy_other_properties(
    given: Json, normalized: Json, known: set[str], path: str, notes: Notes
) -> None:
    passed_on = []
    for name, value in list(given.items())[:_MOST]:
        if name in known:  # one that could not be read is not passed on as if it could
            continue
        if not _is_name(name):
            notes.add(f"{path}.{name}".lstrip("."), value, "is of no name that can be passed on.")
            continue
        kept = _passed_on(value, 1)
        if kept not in (None, [], {}):
            normalized[name] = kept
            passed_on.append(name)
        else:
            notes.add(f"{path}.{name}".lstrip("."), value, "holds nothing that can be passed on.")
    if passed_on:
        notes.say(path, f"passed on as it came: {', '.join(passed_on)}")


def _is_name(name: str) -> bool:
    """Whether it names a member; of JSON-LD's own only those that change no other's meaning."""
    if name.startswith("@"):
        return name in {"@type", "@id"}
    return 0 < len(name) <= 100 and name.replace(":", "").replace("_", "").isalnum()


def _passed_on(value: Any, depth: int) -> Any:
    """What has no rule, with its texts cleaned and nothing that JSON cannot say."""
    match value:
        case str():
            text = property_values.parse_paragraph(value)
            return None if text is None else property_values.escape_text(text)
        case bool():
            return value
        case int() | float():
            return property_values.parse_number(value)
        case list() if depth < _DEEPEST:
            kept = [_passed_on(item, depth + 1) for item in value[:_MOST]]
            return [item for item in kept if item not in (None, [], {})]
        case dict() if depth < _DEEPEST and not is_claim_review(value):  # no page shows another
            members = {
                str(name): _passed_on(item, depth + 1) for name, item in list(value.items())[:_MOST]
            }
            return {
                name: item
                for name, item in members.items()
                if item not in (None, [], {}) and _is_name(name)
            }
    return None


def _agents(value: Any, path: str, notes: Notes, *, otherwise: str = "Organization") -> Any:
    """People and organizations: one, or a list of several."""
    items = _each(value, path, notes)
    found = [agent for item in items if (agent := _agent(item, path, notes, otherwise))]
    return unwrap_single(found)


def _agent(value: Any, path: str, notes: Notes, otherwise: str) -> Json | None:
    match value:
        case None:
            return None
        case str():
            url = property_values.parse_url(value) if "://" in value else None
            name = property_values.parse_line(value)
            if url:
                return {"@type": otherwise, "url": url}
            return {"@type": otherwise, "name": property_values.escape_text(name)} if name else None
        case dict():
            kind = next((t for t in get_types(value) if t in _AGENTS), otherwise)
            agent = _object(value, _AGENT, kind, path, notes)
            if len(agent) > 1:
                return agent
    notes.add(path, value, "names nobody.")
    return None


def _claimant(value: Any, path: str, notes: Notes) -> Any:
    return _agents(value, path, notes, otherwise="Person")


def _publisher(value: Any, path: str, notes: Notes) -> Any:
    return _agents(value, path, notes)


def _works(value: Any, path: str, notes: Notes) -> Any:
    items = _each(value, path, notes)
    found = [work for item in items if (work := _work(item, path, notes))]
    return unwrap_single(found)


def _work(value: Any, path: str, notes: Notes) -> Json | None:
    match value:
        case str():
            if url := property_values.parse_url(value):
                return {"@type": "CreativeWork", "url": url}
            if name := property_values.parse_line(value):
                return {"@type": "CreativeWork", "name": property_values.escape_text(name)}
        case dict():
            kind = next((name for name in get_types(value) if name.isalnum()), "CreativeWork")
            work = _object(value, _WORK, kind, path, notes)
            if len(work) > 1:
                return work
    notes.add(path, value, "is no work.")
    return None


def _item(value: Any, path: str, notes: Notes) -> Json | None:
    """The claim that was reviewed. In older markup it is a work, whose author made the claim."""
    items = value if isinstance(value, list) else [value]
    given = next((item for item in items if isinstance(item, dict)), None)
    if given is None:
        text = property_values.parse_line(value)
        return {"@type": "Claim", "name": property_values.escape_text(text)} if text else None
    if isinstance(value, list) and len(value) > 1:
        notes.add(path, value[1:], "stand beside the first one, which alone was read.")
    members = dict(get_properties(given))
    if "Claim" not in get_types(given) and not {"appearance", "firstAppearance"} & set(members):
        # The work itself is where the claim was made.
        work = {k: members.pop(k) for k in ("url", "headline", "publisher") if k in members}
        if work:
            members["appearance"] = {"@type": "CreativeWork", **work}
    item = _object(members, _CLAIM, "Claim", path, notes)
    return item if len(item) > 1 else None


def _rating(value: Any, path: str, notes: Notes) -> Json | None:
    items = value if isinstance(value, list) else [value]
    given = next((item for item in items if isinstance(item, dict)), None)
    if given is None:
        text = property_values.parse_line(value)
        return (
            {"@type": "Rating", "alternateName": property_values.escape_text(text)}
            if text
            else None
        )
    _only_first(value, path, notes)
    members = get_properties(given)
    if (
        isinstance(said := members.get("ratingValue"), str)
        and property_values.parse_number(said) is None
    ):
        members = {"alternateName": said, **members}  # words, where a number belongs
    rating = _object(members, _RATING, "Rating", path, notes)
    numbers = _numbers(members, path, notes)
    words = rating.pop("alternateName", None) or rating.get("name") or _in_numbers(numbers)
    if not words:
        return None
    kept = {name: rating.pop(name) for name in list(rating) if name != "@type"}
    return {"@type": "Rating", **numbers, "alternateName": words, **kept}


def _in_numbers(numbers: Json) -> str | None:
    if "ratingValue" not in numbers:
        return None
    return f"{numbers['ratingValue']} / {numbers.get('bestRating', 5)}"


def _numbers(members: Json, path: str, notes: Notes) -> Json:
    """Value, best and worst if they make a scale; -1 has been written for 'no number'."""
    names = ("ratingValue", "bestRating", "worstRating")
    given = {name: members[name] for name in names if name in members}
    found = {name: property_values.parse_number(value) for name, value in given.items()}
    for name, value in found.items():
        if value is None:
            notes.add(f"{path}.{name}", given[name], "is no number.")
    if found.get("ratingValue") in {None, -1}:
        return {}
    value = found["ratingValue"]
    # As schema.org has it where they are not said.
    best, worst = found.get("bestRating"), found.get("worstRating")
    highest, lowest = 5 if best in {None, -1} else best, 1 if worst in {None, -1} else worst
    if value is None or highest is None or lowest is None or not lowest <= value <= highest:
        notes.add(path, given, "is no number of its scale.")
        return {}
    if lowest == highest:
        notes.add(path, given, "is a scale of one number.")
        return {}
    return {
        "ratingValue": value,
        **({"bestRating": best} if best not in {None, -1} else {}),
        **({"worstRating": worst} if worst not in {None, -1} else {}),
    }


def _corrections(value: Any, path: str, notes: Notes) -> Any:
    found = []
    for item in _each(value, path, notes):
        if isinstance(item, dict):
            comment = _object(item, _COMMENT, "CorrectionComment", path, notes)
            if len(comment) > 1:
                found.append(comment)
        elif text := _paragraph(item, path, notes):
            found.append({"@type": "CorrectionComment", "text": text})
    return found


def _ignored(_value: Any, _path: str, _notes: Notes) -> None:
    """Read elsewhere."""


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
    "name": _line,
    "url": _address,
    "jobTitle": _line,
    "sameAs": _addresses,
    "image": _address,
    "correctionsPolicy": _address,
}
_WORK: Final[Rules] = {
    "url": _address,
    "headline": _line,
    "name": _line,
    "datePublished": _date,
    "author": _claimant,
    "publisher": _publisher,
    "inLanguage": _language,
    "description": _paragraph,
    "text": _paragraph,
}
_CLAIM: Final[Rules] = {
    "name": _line,
    "author": _claimant,
    "datePublished": _date,
    "firstAppearance": _works,
    "appearance": _works,
}
_RATING: Final[Rules] = {
    "ratingValue": _ignored,
    "bestRating": _ignored,
    "worstRating": _ignored,
    "alternateName": _line,
    "name": _line,
    "ratingExplanation": _paragraph,
    "image": _address,
}
_COMMENT: Final[Rules] = {"text": _paragraph, "datePublished": _date}
RULES: Final[Rules] = {
    "url": _ignored,
    "identifier": _line,
    "claimReviewed": _line,
    "name": _line,
    "headline": _line,
    "datePublished": _date,
    "dateModified": _date,
    "inLanguage": _language,
    "author": _publisher,
    "publisher": _publisher,
    "reviewRating": _rating,
    "itemReviewed": _item,
    "reviewBody": _paragraph,
    "keywords": _words,
    "citation": _works,
    "correction": _corrections,
    "license": _address,
    "sdPublisher": _publisher,
}
