"""Users select the language of the desk; the API is always English."""

import re
from html.parser import HTMLParser

import polib
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from claimsapi.core.database.violations import describe_violation
from tests import factories as make
from tests.claims.admin.pages import (
    change_url,
    client_for,
    fields_of,
    save,
    superuser,
    text_of,
    url,
)

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(client: Client, url: str = "/desk/login/", **headers: str) -> str:
    match = re.search('<html lang="([^"]*)"', text_of(client.get(url, **headers)))
    return match[1] if match else ""


@pytest.mark.django_db
def test_the_desk_uses_the_language_of_the_browser() -> None:
    assert language_of(Client()) == "en"
    assert language_of(Client(), **GERMAN) == "de"
    assert language_of(Client(), HTTP_ACCEPT_LANGUAGE="fr,it") == "en"
    assert "Accept-Language" in Client().get("/desk/login/").headers["Vary"]


@pytest.mark.django_db
def test_a_selected_language_is_remembered_and_the_page_stays() -> None:
    client = client_for(superuser())
    address = "/desk/claims/claim/?q=harbour"
    page = text_of(client.get(address))
    assert f'name="next" value="{address}"' in page
    assert ">Deutsch</button>" in page
    answer = client.post("/desk/language/", {"language": "de", "next": address})
    assert answer.url == address
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == (
        "/desk/",
        "Lax",
        True,
    )
    assert language_of(client, address, HTTP_ACCEPT_LANGUAGE="en") == "de"
    assert ">English</button>" in text_of(client.get(address))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["xx", "", "../de"])
def test_an_unsupported_language_changes_nothing(language: str) -> None:
    client = Client()
    answer = client.post("/desk/language/", {"language": language, "next": "/desk/login/"})
    assert answer.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies


@pytest.mark.django_db
def test_selecting_a_language_never_redirects_to_another_host() -> None:
    answer = Client().post("/desk/language/", {"language": "de", "next": "https://example.org/"})
    assert answer.url == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["/api/v1/claims/", "/api/v1/claims/?nonsense=1", "/api/v1/nothing/", "/health/"]
)
def test_the_api_is_english_for_every_accept_language(url: str) -> None:
    client = Client()
    plain = client.get(url)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert language_of(client, **GERMAN) == "de"  # the thread has spoken German
    response = client.get(url, **GERMAN)
    assert response.content == plain.content
    assert "Accept-Language" not in response.headers.get("Vary", "")
    assert "Content-Language" not in response.headers


@pytest.mark.django_db
def test_the_api_explains_rejected_writes_in_english() -> None:
    make.ClaimFactory()
    client = client_for(superuser())
    answers = [
        client.post("/api/v1/claims/", "{}", content_type="application/json", **headers).content
        for headers in ({}, GERMAN)
    ]
    assert b"required" in answers[0]
    assert answers[0] == answers[1]


@pytest.fixture
def german() -> Client:
    client = client_for(superuser())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    return client


@pytest.mark.django_db
def test_models_fields_and_choices_have_german_names(german: Client) -> None:
    make.ClaimFactory(kind="prediction")
    page = text_of(german.get("/desk/claims/claim/"))
    assert "<h1>Behauptung zur Änderung auswählen</h1>" in page
    assert '<td class="field-kind">Vorhersage</td>' in page
    assert "Prüfbarkeit" in page
    assert "Statements" not in text_of(german.get("/desk/claims/"))


@pytest.mark.django_db
def test_a_database_rule_is_explained_in_german(german: Client) -> None:
    rating = make.RatingFactory()
    make.submitted_version(rating=rating)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        type(rating).objects.filter(pk=rating.pk).update(label="Another word")
    english = "A rating scale in use is frozen: create its next version."
    assert describe_violation(refused.value) == english
    with translation.override("de"):
        assert describe_violation(refused.value).startswith("Eine benutzte Bewertungsskala")


@pytest.mark.django_db
def test_an_invalid_field_is_explained_in_german(german: Client) -> None:
    claim = make.ClaimFactory()
    fields = fields_of(german.get(change_url(claim)), claim)
    answer = save(german, claim, fields | {"language": "not a language"})
    assert "Geben Sie ein Sprachkürzel" in text_of(answer)


@pytest.mark.django_db
def test_the_history_is_german(german: Client) -> None:
    claim = make.ClaimFactory(text="The ferry was late.")
    save(german, claim, fields_of(german.get(change_url(claim)), claim) | {"kind": "statistic"})
    page = text_of(german.get(url(claim, "history", claim.pk)))
    assert "Verlauf: The ferry was late." in page
    assert "Geändert</h2>" in page
    assert "Statistik" in page


def test_language_names_are_in_their_own_language() -> None:
    names = [translation.get_language_info(code)["name_local"] for code, _ in settings.LANGUAGES]
    assert names == ["English", "Deutsch"]


class _Texts(HTMLParser):
    """Collects the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.texts.add(" ".join(data.split()).rstrip(":"))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["editor", "auditor"])
def test_german_pages_have_no_english_text(role: str) -> None:
    version = make.submitted_version()
    claim = version.review.claim
    make.StatementFactory(claim=claim)
    make.published_version()
    client = client_for(make.UserFactory(role=role))
    catalogue = polib.pofile(
        str(settings.BASE_DIR / "claimsapi" / "locale" / "de" / "LC_MESSAGES" / "django.po")
    )
    english = {e.msgid.rstrip(":") for e in catalogue if e.msgstr not in {e.msgid, ""}}
    english = {words for words in english if len(words) > 5}
    for address in (
        "/desk/?queue=open",
        "/desk/?queue=due",
        "/desk/statistics/",
        url(claim, "case", claim.pk),
        url(claim, "history", claim.pk),
        change_url(claim),
        change_url(version),
    ):
        page = _Texts()
        page.feed(text_of(client.get(address, headers={"accept-language": "de"})))
        assert page.texts & english == set(), address
        assert page.texts & {e.msgstr.rstrip(":") for e in catalogue}, address
