"""Tables and mapping files for tests."""

import io
from pathlib import Path
from typing import Any

from django.core.management import call_command

from claims.exchange.importing.rows import Row, read_rows
from claims.exchange.tables.mapping import Mapping
from claims.exchange.tables.reader import extract_items

MAPPINGS = Path(__file__).parents[4] / "docs" / "mappings"
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
TABLE = b"""nr,claim,rating,day,person,tags
1,"Ferries, all, are late",f,03.05.2024,ada-quill,"ports, ferries"
2,Two,True,someday,,
3,Three
4,Four,,03.05.2024,x,
"""
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


def read_table(content: bytes, mapping: str = MEMBERS) -> list[Row]:
    return list(read_rows(extract_items(io.BytesIO(content), Mapping.parse(mapping))))


def import_table(table: Path, mapping: Path, **options: Any) -> str:
    """Import a table; return the output of the command."""
    stdout = io.StringIO()
    call_command("import_table", table, mapping, stdout=stdout, stderr=io.StringIO(), **options)
    return stdout.getvalue()


def export_table(table: Path, mapping: Path) -> None:
    call_command("export_table", table, mapping, stderr=io.StringIO())
