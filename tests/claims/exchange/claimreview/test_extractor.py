"""Extractor: files, saved pages, large feeds, graphs and broken objects."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.exchange.claimreview import extractor, json_stream
from claims.exchange.claimreview.extractor import SMALL_FILE, parse_json
from claims.exchange.claimreview.json_stream import Unreadable
from claims.exchange.importing.rows import Outcome
from tests.claims.exchange.claimreview.corpus import (
    page,
    plain,
    read_file,
)


@pytest.mark.slow
def test_a_long_feed_is_read_object_by_object_until_it_breaks_off() -> None:
    one = json.dumps(plain(reviewBody="x" * 1000))
    number = SMALL_FILE // len(one) + 50
    feed = '{"@type":"DataFeed","dataFeedElement":[' + ",".join([one] * number)
    rows = read_file(feed.encode())
    assert [row.outcome for row in rows[:number]] == [None] * number
    assert [row.outcome for row in rows[number:]] == [Outcome.REJECTED]
    assert "The file is broken" in rows[-1].reason
    list_rows = read_file(f"[{','.join([one] * number)}]".encode())
    assert len(list_rows) == number
    line_rows = read_file("\n".join([one] * number).encode())
    assert len(line_rows) == number


@pytest.mark.parametrize(
    "value", ["9" * 30, "1e999", '"a\tb"', '{"@value": ' * 3000 + "1" + "}" * 3000]
)
@pytest.mark.slow
def test_one_strange_value_of_a_long_feed_does_not_stop_the_others(value: str) -> None:
    one = json.dumps(plain(reviewBody="x" * 1000))
    odd = f'{one[:-1]},"note":{value}}}'
    number = SMALL_FILE // len(one) + 50
    feed = '{"schema:dataFeedElement":[' + ",".join([one, odd, *[one] * number]) + "]}"
    rows = read_file(b"\xef\xbb\xbf" + feed.encode())
    assert len(rows) == number + 2
    assert rows[-1].parsed is not None


@pytest.mark.parametrize("long", ["[" + "0," * SMALL_FILE + "0]", f'"{"x" * SMALL_FILE}"'])
@pytest.mark.parametrize(("begin", "between", "end"), [("[", ",", "]"), ("", "\n", "\n")])
def test_an_object_that_is_too_long_is_rejected_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, long: str, begin: str, between: str, end: str
) -> None:
    monkeypatch.setattr(json_stream, "MAX_ELEMENT_BYTES", 2**20)
    monkeypatch.setattr(extractor, "MAX_ELEMENT_BYTES", 2**20)
    one = json.dumps(plain())
    feed = begin + between.join([one, f'{{"@type":"ClaimReview","x":{long}}}', one]) + end
    first, broken, last = read_file(feed.encode())
    assert first.parsed is not None
    assert "larger than 1 MB" in broken.reason
    assert last.parsed is not None


@pytest.mark.parametrize("more", [0, SMALL_FILE])
@pytest.mark.parametrize(
    "broken",
    ['{"@type":"ClaimReview","url": oops}', '{"a":[1}', '{"a":1}}', "oops", '"oops"', "{]}"],
)
def test_a_broken_object_does_not_stop_the_others(broken: str, more: int) -> None:
    one = json.dumps(plain())
    first, middle, last = read_file(f"[{one},{broken},{one}{' ' * more}]".encode())
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
def test_hostile_files_are_rejected_quickly(content: bytes) -> None:
    """Each took minutes, gigabytes or the whole process where brackets were counted otherwise."""
    for row in read_file(content):
        assert row.outcome == Outcome.REJECTED


def test_elements_do_not_depend_on_the_size_of_the_reads(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_repeated_references_of_a_graph_stay_small() -> None:
    big = {"@id": "#big", "text": "x" * 100_000}
    fan = [{"@id": f"#{n}", "to": [{"@id": f"#{n + 1}"}] * 10} for n in range(6)]
    reviews = [plain(about=[{"@id": "#big"}] * 30), plain(about={"@id": "#0"})] * 20
    rows = read_file(json.dumps({"@graph": [*reviews, big, *fan]}).encode())
    assert len(rows) == 40
    assert sum(len(row.markup) for row in rows) < 20 * 2**20


def test_a_huge_page_is_read_in_part_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "MAX_PAGE_BYTES", 5 * 2**20)
    first, last = read_file(page(json.dumps(plain())).encode() + b" " * 6 * 2**20)
    assert first.parsed is not None
    assert "5 MB" in last.reason


def test_a_saved_page_in_utf_16_is_read() -> None:
    [row] = read_file(page(json.dumps(plain())).encode("utf-16"))
    assert row.parsed is not None


def test_valid_utf_8_overrides_the_declared_encoding_of_a_page() -> None:
    script = json.dumps(plain(claimReviewed="Z\u00fcrich is larger"), ensure_ascii=False)
    for head in ("", '<meta charset="iso-8859-1">'):
        [row] = read_file(page(script, head=head).encode())
        assert row.parsed is not None
        assert row.parsed.claim == "Z\u00fcrich is larger"


def test_references_of_a_graph_are_replaced_by_their_things() -> None:
    claimant = {"@type": "Person", "@id": "#p", "name": "Ada Quill", "worksFor": {"@id": "#r"}}
    review = plain(
        reviewRating={"@id": "#rating"},
        itemReviewed={"@type": "Claim", "author": {"@id": "#p"}, "appearance": {"@id": "#none"}},
    )
    ring = {"@id": "#r", "@type": "Organization", "name": "Harbour", "employee": {"@id": "#p"}}
    rating = {"@id": "#rating", "@type": "Rating", "alternateName": "False"}
    [row] = read_file(json.dumps({"@graph": [review, claimant, ring, rating]}).encode())
    assert row.parsed is not None
    assert [one.name for one in row.parsed.claimants] == ["Ada Quill"]
    assert row.parsed.label == "False"


@pytest.mark.parametrize("junk", ["/*", '\\"', '"', "//", "<!--", ", ", ",]"])
def test_an_unclosed_script_is_read_in_linear_time(junk: str) -> None:
    with pytest.raises(Unreadable):
        parse_json("{" + junk * (500_000 // len(junk)))


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_no_file_raises_an_error(content: bytes) -> None:
    for row in read_file(content):
        assert row.outcome == Outcome.REJECTED
