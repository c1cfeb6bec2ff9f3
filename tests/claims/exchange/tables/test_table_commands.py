"""The commands import_table and export_table."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.exchange.claimreview.normalizer import load_markup
from claims.models import Evidence, Review, ReviewVersion
from sources.models import Speaker
from tests.claims.exchange.tables.tables import (
    AVERITEC,
    LIAR,
    MAPPINGS,
    MEMBERS,
    PEOPLE,
    PEOPLE_TABLE,
    export_table,
    import_table,
)


@pytest.mark.django_db
def test_the_shipped_mappings_import_their_data_sets_once(tmp_path: Path) -> None:
    call_command("loaddata", "label_verdicts", verbosity=0)
    liar, averitec = tmp_path / "train.tsv", tmp_path / "dev.json"
    liar.write_text(LIAR)
    averitec.write_text(json.dumps(AVERITEC))
    for outcome in ("created", "same"):
        for path, number in ((liar, 2), (averitec, 1)):
            report = tmp_path / "report"
            mapping = MAPPINGS / ("liar.yaml" if path is liar else "averitec.yaml")
            counts = json.loads(import_table(path, mapping, report=str(report)))
            assert counts[outcome] == number
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
    statement = Review.objects.get(identifier="liar:2635.json").claim.statements.get()
    assert statement.speaker is not None
    assert statement.document is not None
    assert (statement.speaker.name, statement.document.title) == ("Ada Quill", "a mailer")
    kinds = dict(Speaker.objects.values_list("name", "kind"))
    assert kinds == {"Ada Quill": "person", "Facebook Posts": "organization"}
    normalized, _ = load_markup(ReviewVersion.objects.get(review__identifier="liar:7.json").markup)
    assert normalized["itemReviewed"]["author"] == {
        "@type": "Organization",
        "name": "Facebook Posts",
    }


@pytest.mark.django_db
def test_an_export_with_the_mapping_of_the_import_has_the_same_cells(tmp_path: Path) -> None:
    table, mapping = tmp_path / "in.csv", tmp_path / "weekly.yaml"
    mapping.write_text(MEMBERS)
    rows_in = [
        ["nr", "claim", "rating", "day", "person", "tags"],
        ["1", 'Ferries, "all", are late', "f", "03.05.2024", "Ada-Quill", "ports,ferries"],
        ["2", "'=1+1", "True", "", "", ""],
        ["3", "A & B &lt;", "Hm", "01.01.2020", "'@Bo", "ports"],
    ]
    content = io.StringIO()
    csv.writer(content).writerows(rows_in)
    table.write_text(content.getvalue(), newline="")
    import_table(table, mapping)
    assert Review.objects.get(identifier="weekly:2").claim.text == "=1+1"
    export_table(tmp_path / "out.csv", mapping)
    with (tmp_path / "out.csv").open(newline="") as file:
        rows_out = list(csv.reader(file))
    exported = [dict(zip(rows_out[0], row, strict=True)) for row in rows_out[1:]]
    imported = [dict(zip(rows_in[0], row, strict=True)) for row in rows_in[1:]]
    # The dates are compared apart: only two of the rows have one.
    assert [row | {"day": ""} for row in exported] == [row | {"day": ""} for row in imported]
    assert [exported[0]["day"], exported[2]["day"]] == ["03.05.2024", "01.01.2020"]
    import_table(tmp_path / "out.csv", mapping)
    assert Review.objects.count() == 3


@pytest.mark.django_db
def test_a_table_without_quotes_has_one_line_per_review(tmp_path: Path) -> None:
    liar = tmp_path / "train.tsv"
    liar.write_text(LIAR)
    import_table(liar, MAPPINGS / "liar.yaml")
    export_table(tmp_path / "out.tsv", MAPPINGS / "liar.yaml")
    first, second = (tmp_path / "out.tsv").read_text().splitlines()
    assert first.split("\t")[:5] == [
        "2635.json",
        "false",
        'Ferries "are late',
        "ports,ferries",
        "ada-quill",
    ]
    assert second.startswith("7.json\tpants-fire\tNone ran\t")


@pytest.mark.django_db
def test_an_imported_row_is_exported_with_its_original_cells_by_the_same_mapping(
    tmp_path: Path,
) -> None:
    table, mapping = tmp_path / "in.csv", tmp_path / "people.yaml"
    table.write_text(PEOPLE_TABLE)
    mapping.write_text("columns: [nr, claim, rating, person, party, phone]" + PEOPLE)
    with pytest.raises(CommandError, match="1 row"):  # the header
        import_table(table, mapping)
    export_table(tmp_path / "out.csv", mapping)
    # The export leaves out the phone numbers: the mapping does not use their column.
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        "1,One,False,ian-mcewan,none,",
        "2,Two,False,chain-email,,",
        "3,Three,False,,greens,",
    ]
    other = PEOPLE.replace("case: title", "words: {}").replace("people:", "other:")
    mapping.write_text(other)
    export_table(tmp_path / "new.csv", mapping)
    assert (tmp_path / "new.csv").read_text().splitlines()[:2] == [
        "nr,claim,rating,person,party",
        "people:1,One,False,Ian-Mcewan,none",
    ]


def test_a_missing_or_invalid_mapping_file_is_an_error(db: None, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "bad.yaml").write_text("members: {a: {column: x, date: '%d %d'}}")
    (tmp_path / "old.yaml").write_bytes(b"members: {a: Caf\xe9}")
    errors = {
        "none.yaml": "none.yaml: No such file",
        "bad.yaml": "bad.yaml: a.date: give",
        "old.yaml": "old.yaml: not UTF-8",
        ".": "Is a directory",
        "/dev/zero": "/dev/zero: The file has more than",
    }
    for mapping, message in errors.items():
        with pytest.raises(CommandError, match=message):
            import_table(tmp_path / "a.csv", tmp_path / mapping)
        with pytest.raises(CommandError, match=message):
            export_table(tmp_path / "b.csv", tmp_path / mapping)
    assert not (tmp_path / "b.csv").exists()
