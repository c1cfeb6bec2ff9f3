"""Full text: what is found, in which order, by whom, and that the text is never behind."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from claims import workflow
from claims.models import Claim, ReviewVersion, Statement
from claims.read_models import search_text
from claims.search import full_text
from claims.search.query import Term, parse_query
from sources.models import Speaker
from tests import factories as make
from tests.concurrency import Together

URL = "/api/v1/claims/"


def found(client: APIClient, q: str, **parameters: Any) -> list[str]:
    response = client.get(URL, {"q": q, "page_size": 200, **parameters})
    assert response.status_code == 200, response.content
    return [row["text"] for row in response.json()["results"]]


def listed(text: str, **values: Any) -> Claim:
    claim: Claim = make.ClaimFactory(text=text, listed=True, **values)
    return claim


# how a search is written


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Late ferry", (Term(("late",)), Term(("ferry",)))),
        ('"late ferry" -boat', (Term(("late", "ferry")), Term(("boat",), excluded=True))),
        ("ferr*", (Term(("ferr",), prefix=True),)),
        ("covid-19", (Term(("covid", "19")),)),
        ('-"on time"', (Term(("on", "time"), excluded=True),)),
        ('"open', (Term(("open",)),)),
        ("50% (off", (Term(("50",)), Term(("off",)))),
        ('- * () "" :', ()),
        ("NEAR AND OR NOT", tuple(Term((w,)) for w in ("near", "and", "or", "not"))),
    ],
)
def test_a_search_is_read_as_people_write_it(text: str, terms: tuple[Term, ...]) -> None:
    assert parse_query(text) == terms


def test_a_search_has_an_end() -> None:
    with pytest.raises(ValueError, match="at most 32 terms"):
        parse_query("a " * 33)
    with pytest.raises(ValueError, match="64 words"):
        parse_query(f'"{"a " * 65}"')


# what is found


def test_words_phrases_beginnings_and_exclusions(public: APIClient) -> None:
    late, early = listed("The ferry was late in May."), listed("The late bus met the ferry.")
    assert set(found(public, "ferry late")) == {late.text, early.text}
    assert found(public, '"ferry was late"') == [late.text]
    assert found(public, "ferry -bus") == [late.text]
    assert found(public, 'ferry -"late bus"') == [late.text]
    assert set(found(public, "ferr*")) == {late.text, early.text}
    assert found(public, "FERRY may") == [late.text]
    assert found(public, "boat") == found(public, "-boat") == found(public, "%") == []


@pytest.mark.parametrize(
    ("language", "text", "q"),
    [
        ("en", "Ministers were vaccinating children.", "vaccinated child's"),
        ("en-GB", "The ferries sank.", "ferry"),
        ("de", "Die Häuser brannten nieder.", "Häusern"),
        ("fr", "Les députés ont voté les lois.", "député loi"),
        ("es", "Los trenes llegaron tarde.", "tren"),
        ("", "Nothing is stemmed here.", "stemmed"),
    ],
)
def test_words_match_by_the_stems_of_their_language(
    public: APIClient, language: str, text: str, q: str
) -> None:
    listed(text, language=language)
    words = q.split()
    assert found(public, words[0]) == [text]


def test_irregular_forms_are_other_words(public: APIClient) -> None:
    listed("He went home.", language="en")
    assert found(public, "go") == []


def test_all_that_a_claim_shows_is_searched(public: APIClient) -> None:
    version = make.published_version(headline="A zebra crossing", summary="Of marble.")
    claim = version.review.claim
    speaker = make.SpeakerFactory(name="Wanda Quagga")
    make.StatementFactory(claim=claim, speaker=speaker, exact="“Herons everywhere”")
    for q in ("zebra", "marble", "quagga", '"wanda quagga"', "heron", claim.text):
        assert found(public, q) == [claim.text], q


def test_the_most_relevant_comes_first_and_pages_follow(public: APIClient) -> None:
    version = make.published_version(summary="Also about a walrus.")
    titled = listed("A walrus sank a ferry.")
    for _ in range(3):
        make.StatementFactory(claim=listed("On animals."), exact="the walrus and others")
    first = public.get(URL, {"q": "walrus", "page_size": 2, "count": "exact"}).json()
    assert first["results"][0]["text"] == titled.text
    assert (first["ranked"], first["count"], first["count_is"]) == ("all", 5, "exact")
    rest, page = [row["id"] for row in first["results"]], first
    while page["next"]:
        page = public.get(page["next"]).json()
        rest += [row["id"] for row in page["results"]]
    assert len(rest) == len(set(rest)) == 5
    assert str(version.review.claim.public_id) in rest
    before = public.get(page["previous"]).json()
    assert [row["id"] for row in before["results"]] == rest[2:4]
    newest = found(public, "walrus", ordering="-created_at")
    assert newest[-1] == version.review.claim.text
    assert found(public, "walrus", ordering="relevance")[0] == titled.text


def test_a_search_goes_with_other_filters_and_forms(public: APIClient) -> None:
    german, english = listed("Die Fähre ferry.", language="de"), listed("The ferry.")
    assert found(public, "ferry", language="de") == [german.text]
    assert found(public, "ferry", language__not="de") == [english.text]
    lines = public.get(URL, {"q": "ferry"}, headers={"Accept": "application/x-ndjson"})
    assert len(b"".join(lines.streaming_content).splitlines()) == 2


def test_where_only_the_newest_are_ranked_the_answer_says_so(
    public: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_text, "MAX_RANKED", 2)
    claims = [listed(f"Ferry {word}.") for word in ("one", "two", "three")]
    page = public.get(URL, {"q": "ferry", "count": "estimate"}).json()
    assert [row["text"] for row in page["results"]] == [c.text for c in claims[:0:-1]]
    assert (page["ranked"], page["count"], page["count_is"]) == ("newest", 2, "at_least")
    assert public.get(URL, {"q": "ferry", "count": "exact"}).status_code == 400
    assert len(found(public, "ferry", ordering="created_at")) == 3


def test_relevance_is_an_order_of_searches_alone(public: APIClient) -> None:
    response = public.get(URL, {"ordering": "relevance"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "ordering"


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_is_a_search(db: None, text: str) -> None:
    user = AnonymousUser()
    rows = Claim.objects.visible_to(user)
    terms = parse_query(text)
    assert list(full_text.filter_by_text(rows, terms, user)) == []
    assert full_text.rank_matches(rows, terms, user, narrowed=True) == ([], True)


@pytest.mark.parametrize(
    "q",
    [
        '"',
        '""',
        "*",
        "-",
        "a:b",
        "NEAR(",
        "{x} : y",
        "^a",
        "a" * 9_000,
        "漢字",
        "שלום",
        "🛳",
        "_",
        "é́",
    ],
)
def test_odd_texts_are_searches(public: APIClient, q: str) -> None:
    assert found(public, q) == []


# who finds what


def test_what_is_not_public_is_found_by_the_desk_alone(
    public: APIClient, client_of: Callable[..., APIClient]
) -> None:
    version = make.published_version(headline="Zebra")
    draft = make.submitted_version(headline="Quokka")
    make.submitted_correction(version, headline="Okapi")
    unlisted = listed("A narwhal.")
    Claim.objects.filter(pk=unlisted.pk).update(listed_at=None)
    desk = client_of("auditor")
    for q in ("quokka", "okapi", "narwhal", draft.review.claim.text.rstrip(".")):
        assert found(public, q) == [], q
        assert len(found(desk, q)) == 1, q
    assert found(public, "zebra") == [version.review.claim.text]
    assert found(desk, "zebra") == []  # the desk's text has the words in the making


def test_work_in_private_moves_nobody_in_the_order(public: APIClient) -> None:
    for n in range(4):
        listed(f"Ferry {n} and a whale{' whale' * n}.")
    before = found(public, "ferry whale")
    for _ in range(20):
        make.ClaimFactory(text="A whale.")
    assert found(public, "ferry whale") == before


# never behind


def texts() -> dict[str, dict[int, Any]]:
    kept: dict[str, dict[int, Any]] = {}
    with connection.cursor() as cursor:
        for table in search_text.TABLES:
            if connection.vendor == "sqlite":
                cursor.execute(f"SELECT rowid, * FROM {table}")  # noqa: S608
            else:
                cursor.execute(f"SELECT claim_id, words::text, stems::text FROM {table}")  # noqa: S608
            kept[table] = {key: rest for key, *rest in cursor.fetchall()}
    return kept


_PLACE = re.compile(r"(?<=[:,])\d+")


def bags(kept: dict[str, dict[int, Any]]) -> dict[str, dict[int, Any]]:
    """The words without their order, in which records of one claim are joined differently.

    So without the positions of a text search vector too; the weights stay, one for each time.
    """
    return {
        table: {
            key: sorted(_PLACE.sub("", " ".join(map(str, texts))).split())
            for key, texts in rows.items()
        }
        for table, rows in kept.items()
    }


def rebuilt() -> dict[str, dict[int, Any]]:
    with connection.cursor() as cursor:
        for statement in search_text.rebuild_statements(connection.vendor):
            cursor.execute(statement)
    return texts()


def correct_and_retract(step: int) -> None:
    version = ReviewVersion.objects.filter(state="published").first()
    if version is not None:
        second = make.corrected_version(version, headline=f"Corrected {step}")
        make.move(second, workflow.RETRACT, second.editor, "Wrong.")


WRITES: tuple[Callable[[Claim, int], Any], ...] = (
    lambda claim, _: Claim.objects.filter(pk=claim.pk).update(listed_at=None),
    lambda _, n: Claim.objects.filter(reviews=None).update(text=f"Renamed {n}", language="fr"),
    lambda _, n: Speaker.objects.update(name=f"Somebody {n}"),
    lambda claim, n: make.StatementFactory(claim=claim, exact=f"more {n}"),
    lambda claim, _: Statement.objects.filter(claim=claim).delete(),
    lambda claim, _: Statement.objects.update(claim=claim),
    lambda _, n: ReviewVersion.objects.filter(state="draft").update(headline=f"Draft {n}"),
    lambda _, n: make.published_version(headline=f"Found {n}"),
    lambda _, n: correct_and_retract(n),
    lambda _, n: make.submitted_version(summary=f"Waiting {n}"),
    lambda _, n: listed(f"Listed {n}"),
)


@pytest.mark.django_db
@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from(WRITES), st.integers(0, 99)), max_size=12))
def test_the_text_is_what_the_records_say_after_any_writes(
    db: None, writes: list[tuple[Callable[[Claim, int], Any], int]]
) -> None:
    with transaction.atomic():
        make.published_version()
        make.StatementFactory(claim=listed("Claim"), exact="words")
        for step, (write, which) in enumerate(writes):
            claims = Claim.objects.order_by("pk")
            write(claims[which % len(claims)], step)
        kept = texts()
        assert len(kept[search_text.DESK_TABLE]) == Claim.objects.count()
        assert bags(kept) == bags(rebuilt())
        public = {claim.pk for claim in Claim.objects.visible_to(AnonymousUser())}
        assert set(kept[search_text.PUBLIC_TABLE]) == public
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_the_text_is_what_the_records_say_when_people_write_at_once(together: Together) -> None:
    speakers: list[Any] = [make.SpeakerFactory() for _ in range(2)]
    document = make.DocumentFactory()
    claims = [listed(f"Claim {number}") for number in range(3)]

    def writing(seed: int) -> Callable[[], None]:
        chance = random.Random(seed)  # noqa: S311  reproducible, no secret

        def write(step: int) -> None:
            claim, speaker = chance.choice(claims), chance.choice(speakers)
            match chance.randrange(4):
                case 0:
                    Speaker.objects.filter(pk=speaker.pk).update(name=f"Name {seed} {step}")
                case 1:
                    Claim.objects.filter(pk=claim.pk).update(text=f"Text {seed} {step}")
                case 2:
                    Statement.objects.filter(speaker=speaker).update(claim=claim)
                case _:
                    exact = f"words {seed} {step}"
                    make.StatementFactory(
                        claim=claim, speaker=speaker, document=document, exact=exact
                    )

        def act() -> None:
            for step in range(25):
                try:
                    with transaction.atomic():
                        write(step)
                except OperationalError:  # two waited for each other, and one was sent away
                    continue

        return act

    assert together(*map(writing, range(4))) == [None] * 4
    kept = texts()
    assert {*kept[search_text.PUBLIC_TABLE]} == {claim.pk for claim in claims}
    assert bags(kept) == bags(rebuilt())
