"""Rules of single pages: used scales, relations, accounts."""

from typing import Any

import pytest

from claims.choices import RelationState, Verdict
from claimsapi.core.models import User
from tests import factories
from tests.claims.admin.pages import (
    change_url,
    client_for,
    fields_of,
    save,
    superuser,
    text_of,
    url,
)

pytestmark = pytest.mark.django_db


def test_a_version_offers_ratings_of_its_publisher_and_of_common_scales() -> None:
    own = factories.RatingFactory(scale__publisher=factories.PublisherFactory(), label="Ours")
    factories.RatingFactory(scale__publisher=factories.PublisherFactory(), label="Theirs")
    factories.RatingFactory(label="Common")
    version = factories.ReviewVersionFactory(review__publisher=own.scale.publisher, rating=None)
    page = text_of(client_for(superuser()).get(change_url(version)))
    assert ">Ours</option>" in page
    assert ">Common</option>" in page
    assert "Theirs" not in page


def test_a_person_is_a_link_only_for_those_who_may_see_the_account() -> None:
    version = factories.published_version()
    relation = factories.ClaimRelationFactory(decided_by=version.editor)
    researcher, administrator = (
        client_for(factories.UserFactory(role=role)) for role in ("researcher", "administrator")
    )
    for record, person in (
        (version, version.author),
        (version, version.editor),
        (version.review, version.author),
        (relation, relation.decided_by),
        (relation.from_claim, relation.decided_by),
        (relation.to_claim, relation.decided_by),
    ):
        page = text_of(researcher.get(change_url(record)))
        assert person.handle in page
        assert change_url(person) not in page
        assert change_url(person) in text_of(administrator.get(change_url(record)))


def test_reviews_have_no_bulk_deletion() -> None:
    version = factories.ReviewVersionFactory()
    client = client_for(factories.UserFactory(role="editor"))
    assert "delete_selected" not in text_of(client.get(url(version.review, "changelist")))
    assert "delete_selected" in text_of(client.get(url(version, "changelist")))


def test_a_used_scale_is_read_only_except_for_unmapped_verdicts() -> None:
    scale: Any = factories.RatingScaleFactory()
    used: Any = factories.RatingFactory(scale=scale, position=1)
    open_one: Any = factories.RatingFactory(scale=scale, position=2, verdict=Verdict.UNMAPPED)
    client = client_for(superuser())
    before = fields_of(client.get(change_url(scale)), scale)
    factories.ReviewVersionFactory(rating=used)
    page = save(client, scale, before | {"slug": "other"})
    assert "A rating scale in use is frozen" in text_of(page)
    assert 'value="other"' in text_of(page)
    fields = fields_of(client.get(change_url(scale)), scale)
    assert "slug" not in fields
    assert "ratings-0-label" not in fields
    decided = {"ratings-0-verdict": "true", "ratings-1-verdict": "mixed"}
    assert save(client, scale, fields | decided).status_code == 302
    used.refresh_from_db()
    open_one.refresh_from_db()
    assert (used.verdict, open_one.verdict) == ("false", "mixed")


def test_who_decides_on_a_relation_is_recorded() -> None:
    relation = factories.ClaimRelationFactory(state=RelationState.SUGGESTED)
    user = superuser()
    client = client_for(user)
    fields = fields_of(client.get(change_url(relation.from_claim)), relation.from_claim)
    assert "relations_in-0-state" not in fields
    answer = fields | {"relations_out-0-state": RelationState.CONFIRMED}
    assert save(client, relation.from_claim, answer).status_code == 302
    relation.refresh_from_db()
    assert (relation.state, relation.decided_by) == (RelationState.CONFIRMED, user)
    fields = fields_of(client.get(change_url(relation)), relation)
    other = superuser()
    save(client_for(other), relation, fields | {"state": RelationState.REJECTED})
    relation.refresh_from_db()
    assert relation.decided_by == other


def test_an_account_is_created_with_a_handle() -> None:
    client = client_for(superuser())
    fields = {"username": "ada", "handle": "ada-q", "usable_password": "false"}
    page = client.post(url(User, "add"), fields)
    assert page.status_code == 302, text_of(page)
    assert User.objects.get(handle="ada-q").username == "ada"


def test_the_handle_of_an_account_is_read_only() -> None:
    account = factories.UserFactory(handle="ada-q")
    client = client_for(superuser())
    fields = fields_of(client.get(change_url(account)), account)
    assert "handle" not in fields
    assert "ada-q" in text_of(client.get(change_url(account)))
    answer = save(client, account, fields | {"handle": "other", "first_name": "Ada"})
    assert answer.status_code == 302
    account.refresh_from_db()
    assert (account.handle, account.first_name) == ("ada-q", "Ada")


def test_an_administrator_cannot_become_or_change_a_superuser() -> None:
    administrator, above = factories.UserFactory(role="administrator"), superuser()
    client = client_for(administrator)
    assert client.post(change_url(above), {}).status_code == 403
    password = f"/desk/core/user/{above.pk}/password/"
    assert client.get(password).status_code == 403
    fields = fields_of(client.get(change_url(administrator)), administrator)
    assert "is_superuser" not in fields
    save(client, administrator, fields | {"is_superuser": "on"})
    administrator.refresh_from_db()
    assert not administrator.is_superuser
