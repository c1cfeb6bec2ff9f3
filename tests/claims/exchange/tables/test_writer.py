"""Writer of tables: cells, and the original cells of imported rows."""

import pytest

from claims.exchange.claimreview.normalizer import dump_markup, normalize
from claims.exchange.tables.mapping import InvalidMapping, Mapping
from claims.exchange.tables.reader import build_claim_review
from claims.exchange.tables.writer import TableWriter
from tests.claims.exchange.tables.tables import PEOPLE


@pytest.mark.parametrize(
    ("template", "text", "cells"),
    [
        ("{a}: {b}", "Who: said: what", ["Who: said", "what"]),
        ("no {a}/{b}!", "no 1/2!", ["1", "2"]),
        ("{a}{b}", "12", ["12", ""]),
        ("{a}-{b}", "none", ["none", "none"]),
        ("x{a}/{b}x", "x", ["x", "x"]),
        ("{a}/{b}x", "1/2", ["1/2", "1/2"]),
    ],
)
def test_a_text_of_several_columns_is_split_into_its_cells(
    template: str, text: str, cells: list[str]
) -> None:
    mapping = Mapping.parse(f"members: {{claimReviewed: {{text: '{template}'}}}}")
    assert TableWriter(mapping).format_row({"claimReviewed": text}) == f"{','.join(cells)}\r\n"


def test_a_text_of_many_columns_is_split_in_linear_time() -> None:
    template = "-".join(f"{{c{number}}}" for number in range(30))
    mapping = Mapping.parse(f"members: {{claimReviewed: {{text: '{template}x'}}}}")
    text = "-" * 5000
    assert TableWriter(mapping).format_row({"claimReviewed": text}).startswith(f"'{text},'{text},")


def test_stored_cells_are_exported_only_if_the_mapping_makes_the_same_markup_of_them() -> None:
    mapping = Mapping.parse(PEOPLE)
    row = {"nr": "1", "claim": "x", "rating": "r", "person": "ada", "party": "=1"}
    review = build_claim_review(row, mapping, 1)
    normalized = normalize(review)[0]
    writer = TableWriter(mapping)
    assert writer.format_row(normalized, dump_markup(review, row=row)) == "1,x,r,ada,'=1\r\n"
    for other in (None, "x", {**row, "party": 1}, {**row, "claim": "y"}, {"nr": "1"}):
        assert writer.format_row(normalized, dump_markup(review, row=other)) == "1,x,r,Ada,'=1\r\n"


def test_the_prefix_of_a_digest_names_no_column() -> None:
    mapping = Mapping.parse("members: {identifier: {digest: [nr], text: '{x}'}, name: claim}")
    assert TableWriter(mapping).format_header() == "claim\r\n"


@pytest.mark.parametrize("mapping", ["members: {a: {value: x}}", "format: json\nmembers: {a: b}"])
def test_a_mapping_without_columns_or_for_json_is_rejected(mapping: str) -> None:
    with pytest.raises(InvalidMapping, match="has columns"):
        TableWriter(Mapping.parse(mapping))
