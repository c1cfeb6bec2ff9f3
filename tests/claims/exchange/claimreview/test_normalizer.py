"""ClaimReview as it is found: what is understood, what is refused, and that it is stable."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.exchange.claimreview import dates, extractor, json_stream
from claims.exchange.claimreview.extractor import SMALL_FILE, extract_items, parse_json
from claims.exchange.claimreview.json_stream import Unreadable
from claims.exchange.claimreview.normalizer import normalize
from claims.exchange.claimreview.parser import ParsedReview, parse_review
from claims.exchange.claimreview.serializer import dump_for_script
from claims.exchange.claimreview.vocabulary import Rejected
from claims.exchange.importing.rows import Outcome, Row, read_rows
from claimsapi.core.text import find_unprintable
from tests.claims.exchange.claimreview.corpus import (
    BROKEN,
    CASES,
    PLAIN,
    Case,
    item,
    page,
    plain,
    rated,
)


def found(content: bytes) -> list[Row]:
    return list(read_rows(extract_items(io.BytesIO(content))))


def shown(review: ParsedReview, name: str) -> Any:
    value = getattr(review, name)
    match name:
        case "published_at":
            return str(value and value.date())
        case "claimants":
            return [claimant.name for claimant in value]
        case "appearances":
            return [work.url or work.title for work in value]
        case "stated":
            return str(value)
    return value


def test_the_corpus_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_markup_of_the_corpus_has_its_expected_outcome(case: Case) -> None:
    made = found(case.file)
    if case.outcomes == BROKEN:
        assert [row.outcome for row in made] == [Outcome.REJECTED]
        assert made[0].reason
        return
    assert len(made) == len(case.outcomes), [row.reason for row in made]
    for row, expected in zip(made, case.outcomes, strict=True):
        if isinstance(expected, str):
            assert row.outcome == Outcome.REJECTED
            assert expected in row.reason
        else:
            assert row.outcome is None, row.reason
            assert row.parsed is not None
            assert {name: shown(row.parsed, name) for name in expected} == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_agreed_form_of_the_agreed_form_is_itself(case: Case) -> None:
    for row in found(case.file):
        if row.normalized:
            again, _notes = normalize(row.normalized)
            assert json.dumps(again) == json.dumps(row.normalized)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_in_the_corpus_ends_a_script_or_deceives_a_reader(case: Case) -> None:
    for row in found(case.file):
        written = dump_for_script(row.normalized)
        assert not set("<>&\u2028\u2029") & set(written)
        assert json.loads(written) == row.normalized
        assert not find_unprintable(written)


@pytest.mark.parametrize(
    ("given_", "numbers"),
    [
        ({"ratingValue": "3", "bestRating": "5", "worstRating": "1"}, (3, 5, 1)),
        ({"ratingValue": 2.5, "bestRating": 5, "worstRating": 0}, (2.5, 5, 0)),
        ({"ratingValue": 4}, (4, None, None)),
        ({"ratingValue": -1, "bestRating": -1, "worstRating": -1}, (None, None, None)),
        ({"ratingValue": 6}, (None, None, None)),
        ({"ratingValue": 3, "bestRating": 1, "worstRating": 5}, (None, None, None)),
        ({"ratingValue": True, "bestRating": 5}, (None, None, None)),
        ({"ratingValue": 1, "bestRating": 1, "worstRating": 1}, (None, None, None)),
    ],
)
def test_numbers_are_handed_on_only_if_they_make_a_scale(given_: Any, numbers: Any) -> None:
    rating = normalize(rated(**given_))[0]["reviewRating"]
    assert tuple(rating.get(n) for n in ("ratingValue", "bestRating", "worstRating")) == numbers


def test_what_was_not_understood_is_said() -> None:
    _agreed, notes = normalize(
        plain(datePublished="03/05/2024", inLanguage="klingonese!", license="none")
        | {"reviewRating": {"alternateName": "False", "ratingValue": "five"}}
    )
    assert [note.partition(":")[0] for note in notes] == [
        "datePublished",
        "inLanguage",
        "reviewRating.ratingValue",
        "license",
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("13/03/2024", "2024-03-13"),
        ("3/13/2024", "2024-03-13"),
        ("03/03/2024", "2024-03-03"),
        ("25-3-2024", "2024-03-25"),
        ("31.12.2021", "2021-12-31"),
        ("05.03.2024", "2024-03-05"),
        ("2024/03/05", "2024-03-05"),
        ("2024-3-5", "2024-03-05"),
        ("2024.3.5", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("2024/03/05 9:00", "2024-03-05T09:00:00"),
        ("2024-03-05 10:00:00 UTC", "2024-03-05T10:00:00Z"),
        ("2024-03-05 10:00:00 +0200", "2024-03-05T10:00:00+02:00"),
        ("2024-03-05T24:00:00Z", "2024-03-06T00:00:00Z"),
        ("2024-12-31T24:00", "2025-01-01T00:00:00"),
        ("Tue Mar 05 2024 10:00:00 GMT+0100 (CET)", "2024-03-05T10:00:00+01:00"),
        ("Sept. 3rd, 2024", "2024-09-03"),
        ("3rd of May 2024", "2024-05-03"),
        ("5. März 2024", "2024-03-05"),
        ("Freitag, 3. Mai 2024", "2024-05-03"),
        ("2. Dez. 2024", "2024-12-02"),
        ("5 mars 2024", "2024-03-05"),
        ("1er févr. 2024", "2024-02-01"),
        ("2 aou\u0302t 2024", "2024-08-02"),
        ("12 juil. 2024", "2024-07-12"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("5 de enero del 2024", "2024-01-05"),
        ("1º de maio de 2024", "2024-05-01"),
        ("sexta-feira, 3 de dezembro de 2021", "2021-12-03"),
        ("5 gennaio 2024", "2024-01-05"),
    ],
)
def test_a_date_that_means_one_day_is_read(written: str, text: str) -> None:
    normalized, notes = normalize(plain(datePublished=written))
    assert (normalized["datePublished"], notes) == (text, [])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("03/04/2024", "is ambiguous: day and month could be swapped."),
        ("3-4-2024", "is ambiguous: day and month could be swapped."),
        ("2024-02-30", "is not an existing day or time."),
        ("2024-13", "is not an existing day or time."),
        ("20240230", "is not an existing day or time."),
        ("30/02/2024", "is not an existing day or time."),
        ("13.13.2024", "is not an existing day or time."),
        ("31 février 2024", "is not an existing day or time."),
        ("Fri, 31 Feb 2024 10:00:00 +0200", "is not an existing day or time."),
        ("2024-02-30T10:00:00Z", "is not an existing day or time."),
        ("2024-03-05T25:00:00Z", "is not an existing day or time."),
        ("0000-00-00", "is not an existing day or time."),
        ("0999-01-01", "is before the year 1000."),
        ("2024-03-05 10:00:00 PM", "is not a date in a supported format."),
        ("3 jui 2024", "is not a date in a supported format."),  # juin, or juillet
        ("2024-W05", "is not a date in a supported format."),
        ("3.5.24", "is not a date in a supported format."),
        ("someday", "is not a date in a supported format."),
        (True, "is not a date in a supported format."),
        (["x" * 1000], "is not a date in a supported format."),
    ],
)
def test_a_date_that_is_not_read_is_said_with_the_reason(written: Any, why: str) -> None:
    normalized, [note] = normalize(plain(datePublished=written))
    assert "datePublished" not in normalized
    assert note.endswith(f" {why}")


@given(st.text(st.sampled_from("0123456789-/.T: +Zadeimnorsuvzäé"), max_size=40))
def test_a_date_that_was_read_is_read_the_same_again(text: str) -> None:
    found = dates.parse_date(text)
    assert found is None or dates.parse_date(found.text) == found


def test_what_has_no_rule_is_passed_on_without_what_cannot_be_shown() -> None:
    normalized, _ = normalize(
        plain(image={"url": "x", "deep": [1, None, "\0a\u202e"]}, isBasedOn=[])
    )
    assert normalized["image"] == {"url": "x", "deep": [1, "a"]}
    assert "isBasedOn" not in normalized


def test_a_text_that_shows_an_entity_is_read_as_it_was_written() -> None:
    normalized, _ = normalize(plain(claimReviewed="Write &amp;amp; for &amp;"))
    assert normalized["claimReviewed"] == "Write &amp;amp; for &amp;"
    assert parse_review(normalized).claim == "Write &amp; for &"


@pytest.mark.slow
def test_a_long_feed_is_read_object_by_object_and_says_where_it_breaks_off() -> None:
    one = json.dumps(plain(reviewBody="x" * 1000))
    number = SMALL_FILE // len(one) + 50
    feed = '{"@type":"DataFeed","dataFeedElement":[' + ",".join([one] * number)
    made = found(feed.encode())
    assert [row.outcome for row in made[:number]] == [None] * number
    assert [row.outcome for row in made[number:]] == [Outcome.REJECTED]
    assert "The file is broken" in made[-1].reason
    listed = found(f"[{','.join([one] * number)}]".encode())
    assert len(listed) == number
    lines = found("\n".join([one] * number).encode())
    assert len(lines) == number


@pytest.mark.parametrize(
    "value", ["9" * 30, "1e999", '"a\tb"', '{"@value": ' * 3000 + "1" + "}" * 3000]
)
@pytest.mark.slow
def test_one_value_of_a_long_feed_does_not_stop_the_others(value: str) -> None:
    one = json.dumps(plain(reviewBody="x" * 1000))
    odd = f'{one[:-1]},"note":{value}}}'
    number = SMALL_FILE // len(one) + 50
    feed = '{"schema:dataFeedElement":[' + ",".join([one, odd, *[one] * number]) + "]}"
    made = found(b"\xef\xbb\xbf" + feed.encode())
    assert len(made) == number + 2
    assert made[-1].parsed is not None


@pytest.mark.parametrize("long", ["[" + "0," * SMALL_FILE + "0]", f'"{"x" * SMALL_FILE}"'])
@pytest.mark.parametrize(("begin", "between", "end"), [("[", ",", "]"), ("", "\n", "\n")])
def test_an_object_that_is_too_long_is_not_read_into_memory_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, long: str, begin: str, between: str, end: str
) -> None:
    monkeypatch.setattr(json_stream, "LONGEST_ELEMENT", 2**20)
    monkeypatch.setattr(extractor, "LONGEST_ELEMENT", 2**20)
    one = json.dumps(plain())
    feed = begin + between.join([one, f'{{"@type":"ClaimReview","x":{long}}}', one]) + end
    first, broken, last = found(feed.encode())
    assert first.parsed is not None
    assert "larger than 1 MB" in broken.reason
    assert last.parsed is not None


@pytest.mark.parametrize("more", [0, SMALL_FILE])
@pytest.mark.parametrize(
    "broken",
    ['{"@type":"ClaimReview","url": oops}', '{"a":[1}', '{"a":1}}', "oops", '"oops"', "{]}"],
)
def test_a_broken_object_stops_no_other(broken: str, more: int) -> None:
    one = json.dumps(plain())
    first, middle, last = found(f"[{one},{broken},{one}{' ' * more}]".encode())
    assert first.parsed is not None
    assert middle.outcome == Outcome.REJECTED
    assert last.parsed is not None


@pytest.mark.parametrize(
    "content",
    [
        b" " * 400_000 + b"{}",
        b'"' + b'\\"' * 200_000 + b"\\",
        b"[" * 500_000,
        b'{"a":' * 2_000_000,
        b'{"x":"' + b"a" * SMALL_FILE + b'","dataFeedElement":[' + b"[" * 300_000 + b"]" * 300_000,
        b"[" + b"1" * SMALL_FILE + b"]",
        b"\0" * (SMALL_FILE + 1),
    ],
)
@pytest.mark.slow
def test_no_file_takes_long_because_of_how_it_is_built(content: bytes) -> None:
    """Each took minutes, gigabytes or the whole process where brackets were counted otherwise."""
    for row in found(content):
        assert row.outcome == Outcome.REJECTED


def test_an_element_is_the_same_wherever_the_file_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'{"a":[1],"@graph":[{"k":"]}\\"\\\\"},[2,"{"],3],"b":{"@graph":["x,y"]}}'
    cuts = []
    for size in range(1, len(text) + 1):
        monkeypatch.setattr(json_stream, "_READ", size)
        cuts.append(
            list(json_stream.read_elements(io.BytesIO(text), lambda name: name == "@graph"))
        )
    assert cuts[0] == [b'{"k":"]}\\"\\\\"}', b'[2,"{"]', b"3", b'"x,y"']
    assert all(cut == cuts[0] for cut in cuts)


@pytest.mark.slow
def test_a_graph_that_names_much_often_stays_small() -> None:
    big = {"@id": "#big", "text": "x" * 100_000}
    fan = [{"@id": f"#{n}", "to": [{"@id": f"#{n + 1}"}] * 10} for n in range(6)]
    reviews = [plain(about=[{"@id": "#big"}] * 30), plain(about={"@id": "#0"})] * 20
    made = found(json.dumps({"@graph": [*reviews, big, *fan]}).encode())
    assert len(made) == 40
    assert sum(len(row.markup) for row in made) < 20 * 2**20


def test_what_is_noted_can_be_shown_and_sent() -> None:
    _agreed, notes = normalize(plain(**{"\ud800\x1b[31m": "\ud800", "b" * 5000: 1}))
    assert len(notes) == 2
    for note in notes:
        assert note.encode()
        assert note.isprintable()
        assert len(note) < 400


def test_a_row_that_is_rejected_tells_its_address() -> None:
    [row] = found(json.dumps(plain(claimReviewed="")).encode())
    assert row.report()["identifier"] == "https://checker.example/1"


def test_what_is_not_read_of_a_huge_page_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "LARGEST_PAGE", 5 * 2**20)
    first, last = found(page(json.dumps(plain())).encode() + b" " * 6 * 2**20)
    assert first.parsed is not None
    assert "5 MB" in last.reason


def test_a_saved_page_in_utf_16_is_read() -> None:
    [row] = found(page(json.dumps(plain())).encode("utf-16"))
    assert row.parsed is not None


def test_a_page_in_utf_8_is_read_as_that_whatever_it_says_of_itself() -> None:
    script = json.dumps(plain(claimReviewed="Z\u00fcrich is larger"), ensure_ascii=False)
    for head in ("", '<meta charset="iso-8859-1">'):
        [row] = found(page(script, head=head).encode())
        assert row.parsed is not None
        assert row.parsed.claim == "Z\u00fcrich is larger"


def test_what_a_graph_names_is_put_where_it_is_named() -> None:
    claimant = {"@type": "Person", "@id": "#p", "name": "Ada Quill", "worksFor": {"@id": "#r"}}
    review = plain(
        reviewRating={"@id": "#rating"},
        itemReviewed={"@type": "Claim", "author": {"@id": "#p"}, "appearance": {"@id": "#none"}},
    )
    ring = {"@id": "#r", "@type": "Organization", "name": "Harbour", "employee": {"@id": "#p"}}
    rating = {"@id": "#rating", "@type": "Rating", "alternateName": "False"}
    [row] = found(json.dumps({"@graph": [review, claimant, ring, rating]}).encode())
    assert row.parsed is not None
    assert [one.name for one in row.parsed.claimants] == ["Ada Quill"]
    assert row.parsed.label == "False"


def test_whatever_is_left_out_is_noted() -> None:
    _agreed, notes = normalize(
        plain(
            name=["One", "Two"],
            inLanguage=["en", "fr"],
            keywords=[f"word {n}" for n in range(201)],
            author=[{"@type": "Organization", "name": "Checker"}, {"@id": "#nobody"}],
            **{"my-ext": 1},
        )
    )
    assert [note.partition(":")[0] for note in notes] == [
        "name",
        "inLanguage",
        "author",
        "keywords",
        "my-ext",
    ]


def test_what_has_no_meaning_here_is_passed_on_and_told() -> None:
    normalized, notes = normalize(plain(fooBar="x", sdLicense="y"))
    assert (normalized["fooBar"], normalized["sdLicense"]) == ("x", "y")
    assert notes == ["copied without a check: fooBar, sdLicense"]


def test_a_review_within_a_review_and_a_foreign_context_are_not_handed_on() -> None:
    normalized, _ = normalize(
        plain(about={"@context": "https://evil.example/", "x": 1}, hasPart=[PLAIN], extra="y")
        | {"@included": [PLAIN]}
    )
    assert normalized["about"] == {"x": 1}
    assert normalized["extra"] == "y"
    assert not {"hasPart", "@included"} & set(normalized)


def test_marks_that_are_heaped_on_a_letter_are_cut() -> None:
    normalized, _ = normalize(plain(reviewBody="a" + "\u0301\u0316" * 50_000 + "b"))
    assert len(normalized["reviewBody"]) < 40


@pytest.mark.parametrize("junk", ["/*", '\\"', '"', "//", "<!--", ", ", ",]"])
def test_a_script_that_is_never_closed_is_read_once(junk: str) -> None:
    with pytest.raises(Unreadable):
        parse_json("{" + junk * (500_000 // len(junk)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*PLAIN, "citation", "correction"], JSON)))
@pytest.mark.slow
def test_no_markup_makes_an_error_and_what_is_agreed_is_stable(members: dict[str, Any]) -> None:
    try:
        normalized, _ = normalize({**PLAIN, **members, "@type": "ClaimReview"})
    except Rejected:
        return
    assert json.dumps(normalize(normalized)[0]) == json.dumps(normalized)
    try:
        review = parse_review(normalized)
    except Rejected:
        return
    assert not find_unprintable(review.claim + review.label + review.summary + review.body)


@given(JSON)
def test_no_claim_makes_an_error(value: Any) -> None:
    for members in ({"author": value}, {"appearance": value}, {"datePublished": value}):
        normalized, _ = normalize(item(**members))
        assert parse_review(normalized).claim == PLAIN["claimReviewed"]


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_no_file_makes_an_error(content: bytes) -> None:
    for row in found(content):
        assert row.outcome == Outcome.REJECTED


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-03", "2024-05-03"),
        ("2024-05-03T10:00:00Z", "2024-05-03"),
        ("2024-05-03 10:00", "2024-05-03"),
        ("2024-05-03T00:00:00+02:00", "2024-05-03"),
        ("2024-05-03T23:30:00-05:00", "2024-05-03"),
        ("20240503", "2024-05-03"),
        ("1512010112", "2017-11-30"),
        ("1512010112345", "2017-11-30"),
        ("202405031200", None),
        ("3rd May 2024", "2024-05-03"),
        ("Friday, May 3, 2024", "2024-05-03"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("05/03/2024", None),
        ("yesterday", None),
        ("999-01-01", None),
        ("2024-13-01", None),
        ("", None),
    ],
)
def test_a_date_is_read_as_what_it_says_and_never_guessed(text: str, date: str | None) -> None:
    when = dates.parse_date(text)
    assert (str(when.date) if when else None) == date
