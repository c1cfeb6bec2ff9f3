"""Editors find unmapped ratings of other publishers and map them once."""

import re

import pytest

from claims.choices import Verdict
from claims.models import Rating, Review
from tests import factories as make
from tests.claims.admin.pages import change_url, client_for, fields_of
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import import_objects

pytestmark = pytest.mark.django_db


def test_an_unmapped_rating_is_listed_with_its_reviews_and_mapped_once() -> None:
    import_objects(*(plain(url=f"https://checker.example/{n}") for n in range(3)))
    rating = Rating.objects.get()
    assert rating.verdict == Verdict.UNMAPPED
    client = client_for(make.UserFactory(role="editor"))
    list_page = client.get("/desk/claims/rating/?verdict__exact=unmapped").content.decode()
    assert "False" in list_page
    link = re.search(
        r'<td class="field-number_of_reviews">(<a href="[^"]+">3 reviews</a>)', list_page
    )
    assert link is not None
    assert link[1] in client.get(change_url(rating)).content.decode()
    page = client.get(change_url(rating))
    sent = fields_of(page, Rating) | {"verdict": "false", "label": "Another"}
    assert client.post(change_url(rating), sent).status_code == 302
    rating.refresh_from_db()
    assert (rating.verdict, rating.label) == (Verdict.FALSE, "False")
    assert "verdict" not in fields_of(client.get(change_url(rating)), Rating)
    client.post(change_url(rating), sent | {"verdict": "true", "seen_revision": "2"})
    rating.refresh_from_db()
    assert rating.verdict == Verdict.FALSE


def test_a_rating_links_to_its_reviews_only() -> None:
    import_objects(
        *(plain(url=f"https://checker.example/{n}", claimReviewed=f"Claim {n}") for n in "ab")
    )
    other = make.published_version().review
    rating = Rating.objects.exclude(versions__review=other).get()
    first = Review.objects.exclude(pk=other.pk).order_by("pk")[0]
    import_objects(
        plain(url=first.identifier, claimReviewed=first.claim.text, name="Another headline")
    )
    assert first.versions.count() == 2
    client = client_for(make.UserFactory(role="researcher"))
    page = client.get(change_url(rating)).content.decode()
    link = re.search(r'<a href="([^"]+)">2 reviews</a>', page)
    assert link is not None
    list_page = client.get(link[1]).content.decode()
    assert re.findall(r"Claim [ab]", list_page) == ["Claim b", "Claim a"]
    assert other.claim.text not in list_page
    assert '<a href="?">' in list_page  # the way to all of them
    unused = make.RatingFactory()
    assert "0 reviews" in client.get(change_url(unused)).content.decode()


def test_a_deleted_rating_has_no_reviews() -> None:
    review = make.published_version().review
    client = client_for(make.UserFactory(role="researcher"))
    page = client.get("/desk/claims/review/", {"rating": "999999"}).content.decode()
    assert "0 reviews" in page
    assert review.claim.text not in page


@pytest.mark.parametrize("asked", ["x", "99999999999999999999", "\x00"])
def test_an_invalid_rating_filter_is_no_server_error(asked: str) -> None:
    make.published_version()
    client = client_for(make.UserFactory(role="researcher"))
    answer = client.get("/desk/claims/review/", {"rating": asked}, follow=True)
    assert answer.status_code == 200


def test_a_researcher_cannot_map_a_rating() -> None:
    import_objects(plain())
    rating = Rating.objects.get()
    client = client_for(make.UserFactory(role="researcher"))
    assert client.post(change_url(rating), {"verdict": "false"}).status_code == 403
