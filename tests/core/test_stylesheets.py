"""Stylesheets of the desk: core names no other app, and each app adds its own."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

import claimsapi.core
from claimsapi.core.templatetags.desk import desk_stylesheets

CORE = Path(claimsapi.core.__file__).parent
FILES = sorted(path for folder in ("static", "templates") for path in (CORE / folder).rglob("*.*"))
CLAIMS_TERMS = re.compile(
    r"claim|review|verdict|evidence|statement|rating|correction|assign|queue|publication|webhook",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_core_styles_and_templates_name_no_term_of_claims(path: Path) -> None:
    assert CLAIMS_TERMS.findall(path.read_text()) == []


def test_the_desk_loads_the_stylesheet_of_core_before_those_of_other_apps() -> None:
    assert desk_stylesheets() == ["desk/desk.css", "desk/claims.css"]


def test_each_declared_stylesheet_exists() -> None:
    assert all(finders.find(stylesheet) for stylesheet in desk_stylesheets())
