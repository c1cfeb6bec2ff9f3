"""Fixtures: the site of the desk's own pages, and an editor."""

from collections.abc import Callable

import pytest
from django.conf import LazySettings

from claimsapi.core.models import User
from tests.claims.exchange.factcheck.accounts import SITE, Caller


@pytest.fixture
def our_site(settings: LazySettings) -> None:
    settings.FACTCHECK_SITES = [SITE]


@pytest.fixture
def editor(our_site: None, person: Callable[[str], User]) -> Caller:
    return Caller(person("editor"))
