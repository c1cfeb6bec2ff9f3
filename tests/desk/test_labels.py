"""Labels of other publishers that nobody has decided on are found in the desk, and decided once."""

import pytest

from claims.choices import Verdict
from claims.models import Rating
from tests import factories as make
from tests.desk.pages import change_url, client_for, fields_of
from tests.interchange.corpus import plain
from tests.interchange.test_importing import bring_in

pytestmark = pytest.mark.django_db


def test_a_label_that_is_unmapped_is_listed_with_its_reviews_and_decided_once() -> None:
    bring_in(*(plain(url=f"https://checker.example/{n}") for n in range(3)))
    rating = Rating.objects.get()
    assert rating.verdict == Verdict.UNMAPPED
    client = client_for(make.UserFactory(role="editor"))
    listed = client.get("/desk/claims/rating/?verdict__exact=unmapped").content.decode()
    assert "False" in listed
    assert '<td class="field-number_of_reviews">3</td>' in listed
    page = client.get(change_url(rating))
    sent = fields_of(page, Rating) | {"verdict": "false", "label": "Another"}
    assert client.post(change_url(rating), sent).status_code == 302
    rating.refresh_from_db()
    assert (rating.verdict, rating.label) == (Verdict.FALSE, "False")
    assert "verdict" not in fields_of(client.get(change_url(rating)), Rating)
    client.post(change_url(rating), sent | {"verdict": "true", "seen_revision": "2"})
    rating.refresh_from_db()
    assert rating.verdict == Verdict.FALSE


def test_a_researcher_decides_on_no_label() -> None:
    bring_in(plain())
    rating = Rating.objects.get()
    client = client_for(make.UserFactory(role="researcher"))
    assert client.post(change_url(rating), {"verdict": "false"}).status_code == 403
