"""Tables of reviews, by a mapping file."""

import csv
import inspect
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from claims.exchange.claimreview.normalizer import dump_markup, load_markup, normalize
from claims.exchange.importing.rows import Outcome, Row, read_rows
from claims.exchange.tables.mapping import LARGEST, BadMapping, Mapping
from claims.exchange.tables.reader import claim_review, extract_items
from claims.exchange.tables.writer import TableWriter
from claims.models import Evidence, Review, ReviewVersion
from sources.models import Speaker

DOCS = Path(__file__).parents[4] / "docs" / "mappings"
MEMBERS = """
members:
  identifier: {text: "weekly:{nr}"}
  claimReviewed: claim
  author.name: {value: Weekly}
  author.url: {value: "https://weekly.example/"}
  reviewRating.alternateName: {column: rating, words: {f: "False"}}
  datePublished: {column: day, date: "%d.%m.%Y"}
  itemReviewed.author.name: {column: person, replace: {"-": " "}, case: title}
  keywords: {column: tags, split: ","}
"""


def read(content: bytes, mapping: str = MEMBERS) -> list[Row]:
    return list(read_rows(extract_items(io.BytesIO(content), Mapping.parse(mapping))))


TABLE = b"""nr,claim,rating,day,person,tags
1,"Ferries, all, are late",f,03.05.2024,ada-quill,"ports, ferries"
2,Two,True,someday,,
3,Three
4,Four,,03.05.2024,x,
"""


def test_a_row_becomes_what_its_mapping_says() -> None:
    first, second, third, fourth = read(TABLE)
    assert first.parsed is not None
    assert first.parsed.identifier == "weekly:1"
    assert first.parsed.claim == "Ferries, all, are late"
    assert first.parsed.label == "False"
    assert str(first.parsed.published_at) == "2024-05-03 00:00:00+00:00"
    assert [claimant.name for claimant in first.parsed.claimants] == ["Ada Quill"]
    assert first.parsed.topics == ("ports", "ferries")
    assert second.outcome is None
    assert "datePublished: 'someday'" in second.notes[0]
    assert third.reason == "Line 4: 2 columns, where 6 were due."
    assert "the rating is missing" in fourth.reason
    assert json.loads(first.markup)["row"]["person"] == "ada-quill"


def test_lists_within_a_row_become_lists_of_objects() -> None:
    mapping = MEMBERS.replace("members:", "format: json\nmembers:") + (
        "  citation:\n"
        "    - {each: asked.answers, members: {url: link, name: {text: '{q}: {said}'}}}\n"
        "    - {members: {url: whole}}\n"
    )
    row = {
        "nr": 1,
        "claim": "x",
        "rating": "f",
        "whole": "https://a.example/",
        "asked": [
            {"q": "Who", "answers": [{"said": "Ada", "link": "https://b.example/"}, {"said": "I"}]},
            {"q": "Why", "answers": []},
            {"q": "No"},
        ],
    }
    [made] = read(json.dumps([row]).encode(), mapping)
    assert made.parsed is not None
    assert [(work.title, work.url) for work in made.parsed.evidence] == [
        ("Who: Ada", "https://b.example/"),
        ("Who: I", ""),
        ("https://a.example/", "https://a.example/"),
    ]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("", "members:"),
        ("members: [a]", "members:"),
        ("members: {a: b\n", "not YAML"),
        ("colour: red\nmembers: {a: b}", "colour: unknown"),
        ("format: xls\nmembers: {a: b}", "format: one of"),
        ("quoting: some\nmembers: {a: b}", "quoting:"),
        ("delimiter: ab\nmembers: {a: b}", "delimiter:"),
        ("members: {a: 1}", "a: name a column"),
        ("members: {a: {column: x, colour: y}}", "a.colour: unknown"),
        ("members: {a: {column: x, split: ''}}", "a.split: the text between"),
        ("members: {a: {column: x, date: 2020}}", "a.date: how the date"),
        ("members: {a: {column: x, replace: abc}}", "a.replace: texts"),
        ("members: {a: {column: x, words: [b]}}", "a.words: cells"),
        ("members: {a: {column: x, words: {true: b}}}", "a.words: write"),
        ("members: {a: {column: x, case: upper}}", "a.case: title"),
        ("members: {a: {members: x}}", "a.members: members"),
        ("members: {a: b, a.c: d}", "a: it has a value and members"),
        ("columns: 5\nmembers: {a: b}", "columns: a list"),
        ("header: false\nmembers: {a: b}", "header: unknown"),
        ("members: {a: {members: {b: {}}}}", "a.b: name a column"),
        ("members: {a: !!python/object:os.system x}", "not YAML"),
        ("members: {a: {value: !!timestamp 2020-01-01}}", "line 1: a tag"),
        ("members: {a: {column: x, date: '%d %d'}}", "a.date: how the date"),
        ("members: {a: {column: x, date: '%d.%m.'}}", "a.date: .* year, month and day"),
        ("members: {a: {column: x, date: '%-d.%m.%Y'}}", "a.date: how the date"),
        ("members: {a: {column: x, date: '%d.%m.%Y %'}}", "a.date: how the date"),
        ("members: {a: {column: x, replace: {'': b}}}", "a.replace: texts"),
        ("members: {a: {column: x, replace: {b: 1}}}", "a.replace: texts"),
        ("members: {a: {column: x, otherwise: b}}", "a.otherwise: give words"),
        ("members: {a: {column: x, value: y}}", "a: it has column and value"),
        ("members: {a: {value: y, words: {b: c}}}", "a.words: give column"),
        ("members: {a: {each: y, column: b}}", "a.each: give members"),
        ("members: {a: {digest: [[b]]}}", "a.digest: the columns"),
        ('members: {a: {column: "\\uD800"}}', "line 1: Lone surrogate"),
        ("members:\n  a: b\n  url: &a {members: {x: *a}}", r"line 3: \*a: write out"),
        ("members: {a: [[]]}\nb: [" + "[" * 3000, "more than 20 levels"),
        ("members: {url: a, url: b}", "url: it stands here twice"),
        ("members: {[a]: b}", "a name that is no text"),
        ("members: {5: b}", "5: name a member"),
        ("members: {a..b: c}", "a..b: name a member"),
        (f"members: {{a{'.a' * 50}: c}}", "name a member"),
        ("members: {a: {members: {b: c, b.d: e}}}", "a.b: it has a value and members"),
        ("members: {a: {members: {b.c: c, b.c.d.e: e}}}", "a.b.c: it has a value and members"),
        ("quoting: {a: 1}\nmembers: {a: b}", "quoting: double or none"),
        ("format: [csv]\nmembers: {a: b}", "format: one of"),
        ("delimiter: '\"'\nmembers: {a: b}", "delimiter: one character"),
        ("columns: [a, b, a]\nmembers: {a: b}", "columns: a stands there twice"),
        ("members: {a: b}\n# " + "x" * LARGEST, "more than 262,144 bytes"),
    ],
)
def test_a_mapping_that_does_not_fit_says_where(mapping: str, words: str) -> None:
    with pytest.raises(BadMapping, match=words):
        Mapping.parse(mapping)


def test_many_aliases_take_no_time() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]" for n in range(1, 10))]
    with pytest.raises(BadMapping, match=r"line 2: \*a0"):
        Mapping.parse("\n".join([*lines, "members: {a: *a9}"]))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2020-99-99", "2020-99-99"),
        ("2020-01-01", "2020-01-01"),
        ("1" * 5000, "1" * 5000),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("1:30", "1:30"),
        ("012", "012"),
        ("no", "no"),
        ("<<", "<<"),
        ("17", 17),
        ("-2.5", -2.5),
        ("true", True),
        ("~", None),
    ],
)
def test_a_value_is_what_json_can_say_and_else_the_text_that_stands_there(
    written: str, value: Any
) -> None:
    mapping = Mapping.parse(f"members: {{a: {{value: {written}}}}}")
    assert mapping.members == {"a": {"value": value}}


def test_a_date_is_read_in_each_form_that_python_reads() -> None:
    for form in ("%d.%m.%Y", "%d %B %y", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%j %Y"):
        assert Mapping.parse(f"members: {{a: {{column: x, date: '{form}'}}}}").members


def test_a_row_that_is_nested_too_deep_does_not_stop_the_others() -> None:
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    mapping = Mapping.parse("format: json\nmembers: {claimReviewed: claim}")
    limit = sys.getrecursionlimit()
    table = io.BytesIO(json.dumps([{"claim": deep}, {"claim": "x"}]).encode())
    try:
        sys.setrecursionlimit(len(inspect.stack(0)) + 400)
        first, second = extract_items(table, mapping)
    finally:
        sys.setrecursionlimit(limit)
    assert "nested too deep" in str(first.value)
    assert second.value["claimReviewed"] == "x"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"7,Caf\xe9,f,,,\n", "Line 2: not UTF-8."),
        (b'7,"a "quoted" word",f,,,\n', "Line 2: "),
        (b"7," + b"x" * (2**20 + 1) + b",f,,,\n", "Line 2: "),
        (b"7,Seven\n", "Line 2: 2 columns, where 6 were due."),
    ],
)
def test_a_row_that_cannot_be_read_does_not_stop_the_others(content: bytes, words: str) -> None:
    head, first, *_ = TABLE.splitlines(keepends=True)
    broken, whole = read(head + content + first)
    assert broken.outcome == Outcome.REJECTED
    assert words in broken.reason
    assert whole.parsed is not None
    assert whole.parsed.identifier == "weekly:1"


def test_a_table_that_breaks_off_says_where() -> None:
    head, first, second, *_ = TABLE.splitlines(keepends=True)
    assert read(head + b'1,"open')[-1].reason == "Line 2: a quote is not closed."
    broken = read(head + first + b'8,"open,f,,,\n' + second)[-1].reason
    assert broken == "Line 3: a quote is not closed; it was read to line 4."
    assert read(b'nr,"open\n1,2\n')[-1].reason.startswith("Line 1: a quote is not closed; it was")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'8,"open,f,,,\n9,"Nine",f,,,\n', "Line 3: a quote is not closed or not doubled; it was"),
        (b'8,"open,f,,,\n9,Nine",f,,\n', "Line 3: 5 columns, where 6 were due, a quote perhaps"),
        (b'8,"two\nlines",f\n', "Line 3: 3 columns, where 6 were due, a quote perhaps not closed"),
        (b'8,"not\n\nUTF-8 \xe9",f,,,\n', "Line 3: not UTF-8."),
    ],
)
def test_a_row_of_several_lines_is_named_by_its_first(content: bytes, words: str) -> None:
    head, first, *_ = TABLE.splitlines(keepends=True)
    whole, broken, after = read(head + first + content + first)
    assert broken.reason.startswith(words)
    assert whole.parsed is not None
    assert after.parsed == whole.parsed


@pytest.mark.parametrize(
    "line",
    [
        "nr,claim,rating,day,person,tags",
        "NR, Claim ,Rating,Day,Person,Keywords",
        "claim,nr,x,tags,day,y",
    ],
)
def test_a_header_of_a_table_whose_mapping_has_the_names_is_no_review(line: str) -> None:
    mapping = "columns: [nr, claim, rating, day, person, tags]" + MEMBERS
    rows_ = TABLE.splitlines(keepends=True)[1:]
    header, first, *_ = read(b"\xef\xbb\xbf" + line.encode() + b"\n" + b"".join(rows_), mapping)
    assert header.reason.startswith("Line 1: these are names of columns, and no review.")
    assert first.parsed is not None
    again = read(rows_[0] + b"nr,claim,rating,x,,\n", mapping)
    assert [row.outcome for row in again] == [None, None]


def test_a_column_that_is_there_twice_is_an_error_if_the_mapping_names_it() -> None:
    [row] = read(b"nr,claim,rating,day,person,tags,claim\n1,2,3,4,5,6,7\n")
    assert row.reason == "The table has two columns claim, which the mapping names."
    [row] = read(TABLE.splitlines()[0] + b",x,x\n1,2,3,01.01.2020,,,7,8\n")
    assert row.parsed is not None


def test_a_column_that_the_table_lacks_is_an_error_and_no_row() -> None:
    [row] = read(b"nr,claim\n1,One\n")
    assert row.reason == (
        "The table has no column day, person, rating, tags, which the mapping names."
    )


@pytest.mark.parametrize("content", [b'{"a": 1}', b"[1, null]", b'[{"nr": ', b""])
def test_json_that_is_no_list_of_objects_makes_no_review(content: bytes) -> None:
    made = read(content, MEMBERS.replace("members:", "format: json\nmembers:"))
    assert {row.outcome for row in made} <= {Outcome.REJECTED}


@pytest.mark.parametrize("name", ["liar", "averitec"])
def test_the_shipped_mappings_fit(name: str) -> None:
    assert Mapping.parse((DOCS / f"{name}.yaml").read_text()).members


LIAR = (
    '2635.json\tfalse\tFerries "are late\tports,ferries\tada-quill\tMayor\tTexas\tnone\t'
    "0\t1\t0\t0\t0\ta mailer\n"
    "7.json\tpants-fire\tNone ran\t\tfacebook-posts\t\t\tnone\t0\t1\t0\t0\t0\t\n"
)
AVERITEC: list[dict[str, Any]] = [
    {
        "claim": "Ferries are late.",
        "label": "Conflicting Evidence/Cherrypicking",
        "justification": "One month only.",
        "claim_date": "31-10-2020",
        "speaker": None,
        "original_claim_url": None,
        "reporting_source": "Facebook",
        "fact_checking_article": "https://checker.example/1",
        "claim_types": ["Event/Property Claim"],
        "fact_checking_strategies": ["Written Evidence"],
        "questions": [
            {
                "question": "How many?",
                "answers": [{"answer": "Many.", "source_url": "https://log.example/"}],
            }
        ],
    }
]


@pytest.mark.django_db
def test_tables_of_the_fields_data_sets_come_in_whole_and_once(tmp_path: Path) -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    liar, averitec = tmp_path / "train.tsv", tmp_path / "dev.json"
    liar.write_text(LIAR)
    averitec.write_text(json.dumps(AVERITEC))
    for outcome in ("created", "same"):
        for path, number in ((liar, 2), (averitec, 1)):
            out, report = io.StringIO(), tmp_path / "report"
            mapping = DOCS / ("liar.yaml" if path is liar else "averitec.yaml")
            call_command(
                *("import_table", path, mapping),
                report=str(report),
                stdout=out,
                stderr=io.StringIO(),
            )
            assert json.loads(out.getvalue())[outcome] == number
            lines = map(json.loads, report.read_text().splitlines())
            assert Counter(line["outcome"] for line in lines) == {outcome: number}
    assert Review.objects.count() == 3
    versions = ReviewVersion.objects.order_by("pk").values_list("rating__label", "rating__verdict")
    assert list(versions) == [
        ("False", "false"),
        ("Pants on Fire!", "false"),
        ("Conflicting Evidence/Cherrypicking", "mixed"),
    ]
    assert Evidence.objects.count() == 2
    said = Review.objects.get(identifier="liar:2635.json").claim.statements.get()
    assert said.speaker is not None
    assert said.document is not None
    assert (said.speaker.name, said.document.title) == ("Ada Quill", "a mailer")
    kinds = dict(Speaker.objects.values_list("name", "kind"))
    assert kinds == {"Ada Quill": "person", "Facebook Posts": "organization"}
    agreed, _ = load_markup(ReviewVersion.objects.get(review__identifier="liar:7.json").markup)
    assert agreed["itemReviewed"]["author"] == {"@type": "Organization", "name": "Facebook Posts"}


@pytest.mark.django_db
def test_a_table_is_written_by_the_mapping_that_reads_it(tmp_path: Path) -> None:
    table, mapping = tmp_path / "in.csv", tmp_path / "weekly.yaml"
    mapping.write_text(MEMBERS)
    rows_in = [
        ["nr", "claim", "rating", "day", "person", "tags"],
        ["1", 'Ferries, "all", are late', "f", "03.05.2024", "Ada-Quill", "ports,ferries"],
        ["2", "'=1+1", "True", "", "", ""],
        ["3", "A & B &lt;", "Hm", "01.01.2020", "'@Bo", "ports"],
    ]
    written = io.StringIO()
    csv.writer(written).writerows(rows_in)
    table.write_text(written.getvalue(), newline="")
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    call_command("import_table", table, mapping, **quiet)
    assert Review.objects.get(identifier="weekly:2").claim.text == "=1+1"
    call_command("export_table", tmp_path / "out.csv", mapping, stderr=io.StringIO())
    with (tmp_path / "out.csv").open(newline="") as file:
        rows_out = list(csv.reader(file))
    named = [dict(zip(rows_out[0], row, strict=True)) for row in rows_out[1:]]
    asked = [dict(zip(rows_in[0], row, strict=True)) for row in rows_in[1:]]
    # Names are written as they are kept, and dates only if there are some.
    assert [row | {"day": ""} for row in named] == [row | {"day": ""} for row in asked]
    assert [named[0]["day"], named[2]["day"]] == ["03.05.2024", "01.01.2020"]
    call_command("import_table", tmp_path / "out.csv", mapping, **quiet)
    assert Review.objects.count() == 3


@pytest.mark.django_db
def test_a_table_without_quotes_has_a_line_for_each_review(tmp_path: Path) -> None:
    liar = tmp_path / "train.tsv"
    liar.write_text(LIAR)
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    call_command("import_table", liar, DOCS / "liar.yaml", **quiet)
    call_command("export_table", tmp_path / "out.tsv", DOCS / "liar.yaml", stderr=io.StringIO())
    first, second = (tmp_path / "out.tsv").read_text().splitlines()
    assert first.split("\t")[:5] == [
        "2635.json",
        "false",
        'Ferries "are late',
        "ports,ferries",
        "ada-quill",
    ]
    assert second.startswith("7.json\tpants-fire\tNone ran\t")


PEOPLE = """
members:
  identifier: {text: "people:{nr}"}
  claimReviewed: claim
  author.name: {value: Weekly}
  author.url: {value: "https://weekly.example/"}
  reviewRating.alternateName: rating
  itemReviewed.author.@type: {column: person, words: {chain-email: Organization}, otherwise: Person}
  itemReviewed.author.name: {column: person, replace: {"-": " "}, case: title}
  itemReviewed.author.affiliation.name: {column: party, words: {none: ""}}
"""
PEOPLE_TABLE = """nr,claim,rating,person,party,phone
1,One,False,ian-mcewan,none,555-1
2,Two,False,chain-email,,555-2
3,Three,False,,greens,555-3
"""


def test_a_word_leaves_a_cell_out_or_says_what_it_is_and_others_are_otherwise() -> None:
    first, second, third = (row.normalized for row in read(PEOPLE_TABLE.encode(), PEOPLE))
    assert first["itemReviewed"]["author"] == {"@type": "Person", "name": "Ian Mcewan"}
    assert second["itemReviewed"]["author"] == {"@type": "Organization", "name": "Chain Email"}
    # Of nobody nothing is said otherwise.
    assert third["itemReviewed"]["author"] == {
        "@type": "Person",
        "affiliation": {"name": "greens"},
    }
    mapping = PEOPLE.replace("members:", "format: json\nmembers:")
    [number] = read(b'[{"nr":1,"claim":"x","rating":"r","person":5,"party":""}]', mapping)
    assert number.normalized["itemReviewed"]["author"]["@type"] == "Person"


@pytest.mark.django_db
def test_a_row_goes_out_as_it_came_by_the_mapping_that_brought_it_in(tmp_path: Path) -> None:
    table, mapping = tmp_path / "in.csv", tmp_path / "people.yaml"
    table.write_text(PEOPLE_TABLE)
    mapping.write_text("columns: [nr, claim, rating, person, party, phone]" + PEOPLE)
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with pytest.raises(CommandError, match="1 row"):  # the header
        call_command("import_table", table, mapping, **quiet)
    call_command("export_table", tmp_path / "out.csv", mapping, stderr=io.StringIO())
    # A column of which the mapping makes nothing does not go out.
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "1,One,False,ian-mcewan,none,",
        "2,Two,False,chain-email,,",
        "3,Three,False,,greens,",
    ]
    other = PEOPLE.replace("case: title", "words: {}").replace("people:", "other:")
    mapping.write_text(other)
    call_command("export_table", tmp_path / "new.csv", mapping, stderr=io.StringIO())
    assert (tmp_path / "new.csv").read_text().splitlines()[:2] == [
        "nr,claim,rating,person,party",
        "people:1,One,False,Ian-Mcewan,none",
    ]


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
def test_a_text_of_several_columns_is_taken_apart(
    template: str, text: str, cells: list[str]
) -> None:
    mapping = Mapping.parse(f"members: {{claimReviewed: {{text: '{template}'}}}}")
    assert TableWriter(mapping).row({"claimReviewed": text}) == f"{','.join(cells)}\r\n"


def test_a_text_of_many_columns_is_taken_apart_in_no_time() -> None:
    template = "-".join(f"{{c{number}}}" for number in range(30))
    mapping = Mapping.parse(f"members: {{claimReviewed: {{text: '{template}x'}}}}")
    text = "-" * 5000
    assert TableWriter(mapping).row({"claimReviewed": text}).startswith(f"'{text},'{text},")


def test_no_row_goes_out_that_the_markup_was_not_made_of() -> None:
    mapping = Mapping.parse(PEOPLE)
    row = {"nr": "1", "claim": "x", "rating": "r", "person": "ada", "party": "=1"}
    found = claim_review(row, mapping, 1)
    agreed = normalize(found)[0]
    writer = TableWriter(mapping)
    assert writer.row(agreed, dump_markup(found, row=row)) == "1,x,r,ada,'=1\r\n"
    for other in (None, "x", {**row, "party": 1}, {**row, "claim": "y"}, {"nr": "1"}):
        assert writer.row(agreed, dump_markup(found, row=other)) == "1,x,r,Ada,'=1\r\n"


@pytest.mark.parametrize("mapping", ["members: {a: {value: x}}", "format: json\nmembers: {a: b}"])
def test_a_mapping_that_writes_no_table_is_refused(mapping: str) -> None:
    with pytest.raises(BadMapping, match="has columns"):
        TableWriter(Mapping.parse(mapping))


def test_a_mapping_that_there_is_not_is_an_error(db: None, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "bad.yaml").write_text("members: {a: {column: x, date: '%d %d'}}")
    (tmp_path / "old.yaml").write_bytes(b"members: {a: Caf\xe9}")
    faults = {
        "none.yaml": "none.yaml: No such file",
        "bad.yaml": "bad.yaml: a.date: how",
        "old.yaml": "old.yaml: not UTF-8",
        ".": "Is a directory",
        "/dev/zero": "/dev/zero: It has more than",
    }
    for mapping, words in faults.items():
        with pytest.raises(CommandError, match=words):
            call_command("import_table", tmp_path / "a.csv", tmp_path / mapping)
        with pytest.raises(CommandError, match=words):
            call_command("export_table", tmp_path / "b.csv", tmp_path / mapping)
    assert not (tmp_path / "b.csv").exists()
