"""Every link and button that a role sees works for that role."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from claims.services.reviews import prepare_next_version
from tests import factories as make
from tests.claims.admin.pages import change_url, client_for, text_of, url
from tests.conftest import ROLES
from tests.one_database import once

pytestmark = [pytest.mark.django_db, once]


class _Controls(HTMLParser):
    """Collects the links of a page, and its forms with their initial values."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.forms: list[tuple[str, str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and attributes.get("href", "").startswith("/desk/"):
            self.links.add(unescape(attributes["href"]))
        elif tag == "form":
            self.forms.append((attributes.get("method", "get"), attributes.get("action", ""), {}))
        elif tag == "input" and self.forms and attributes.get("name"):
            self.forms[-1][2][attributes["name"]] = attributes.get("value", "")


def controls(client: Client, address: str) -> _Controls:
    parser = _Controls()
    answer = client.get(address)
    assert answer.status_code == 200, address
    parser.feed(text_of(answer))
    return parser


def work() -> list[Any]:
    """Create reviews in every state, on claims with every kind of related record."""
    snapshot = make.SnapshotFactory()
    versions = [
        make.ReviewVersionFactory(),
        make.submitted_version(),
        make.published_version(),
        make.retracted_version(),
    ]
    prepare_next_version(
        review=make.published_version().review, author=versions[0].author, kind="update"
    )
    for version in versions:
        claim = version.review.claim
        place = {"start": 0, "end": 11, "exact": snapshot.text[:11]}
        make.StatementFactory(claim=claim, snapshot=snapshot, document=snapshot.document, **place)
        make.AssignmentFactory(claim=claim)
        make.ClaimRelationFactory(from_claim=claim)
    return versions


@pytest.mark.parametrize("role", ROLES)
def test_every_control_works_for_each_role_that_sees_it(role: str) -> None:
    versions = work()
    client = client_for(make.UserFactory(role=role))
    pages = ["/desk/?queue=open", "/desk/statistics/", change_url(versions[0].review.claim)]
    for version in versions:
        claim = version.review.claim
        pages += [url(claim, "case", claim.pk), change_url(version)]
    tried: set[str] = set()
    moves = 0
    for address in pages:
        page_controls = controls(client, address)
        for link in sorted(page_controls.links):
            sort = re.sub(r"\d+|\?.*", "", link)  # one of each is enough
            if sort not in tried:
                tried.add(sort)
                assert client.get(link, follow=True).status_code == 200, (address, link)
        for method, action, sent in page_controls.forms:
            if method == "post" and re.search(r"/(move|prepare|quote)/", action):
                # To be asked is enough; what asks nothing must not be refused for the role.
                assert client.post(action, sent).status_code in {200, 302}, (address, action)
                moves += 1
    assert (moves > 0) is (role != "auditor")


def test_an_auditor_finds_nothing_to_change_on_any_page() -> None:
    versions = work()
    client = client_for(make.UserFactory(role="auditor"))
    for version in versions:
        claim = version.review.claim
        for address in (url(claim, "case", claim.pk), change_url(claim), change_url(version)):
            page_controls = controls(client, address)
            mine = [form for form in page_controls.forms if "/desk/claims/" in form[1]]
            assert mine == [], address
            assert not [
                link for link in page_controls.links if link.endswith(("/add/", "/delete/"))
            ]
            assert 'name="_save"' not in text_of(client.get(address))
