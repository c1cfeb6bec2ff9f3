"""The documentation names what there is, and what it shows is true."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands
from rest_framework.test import APIClient

from claims.workflow import TRANSITIONS
from tests.api.contract import document

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_every_list_of_the_api_is_in_the_guide() -> None:
    guide = text("docs/frontend.md")
    for path in document()["paths"]:
        if "{" not in path:
            assert path in guide, path


def test_every_move_is_in_the_guide() -> None:
    guide = text("docs/frontend.md")
    for moves in TRANSITIONS.values():
        for move in moves:
            assert f"{move.name}/`" in guide, move.name


def test_every_setting_and_command_is_in_the_operators_guide() -> None:
    guide = text("docs/operator.md")
    settings = text("claimsapi/settings.py")
    names = re.findall(r"""(?:_flag|_number|_words|environ\.get)\(\s*"([A-Z_]+)\"""", settings)
    assert len(set(names)) >= 12
    for name in names:
        assert f"`{name}`" in guide, name
    ours = {"claims", "sources", "claimsapi.core"}
    for command, app in get_commands().items():
        if app in ours:
            assert f"manage.py {command}" in guide, command


def test_every_page_that_is_linked_exists() -> None:
    for page in ("README.md", "CONTRIBUTING.md", *(str(p) for p in (ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text(page)):
            assert ((ROOT / page).parent / target).exists(), (page, target)


@pytest.mark.django_db
def test_the_readmes_answer_is_what_the_api_answers(public: APIClient) -> None:
    call_command("loaddata", "rating_scales", verbosity=0)
    call_command("seed", "seeds/harbour-ferries.yaml", verbosity=0)
    readme = text("README.md")
    query = re.search(r"localhost:8000(/api/v1/claims/\?verdict\S+)'", readme)
    assert query is not None
    claims = public.get(query[1]).json()["results"]
    lines = [
        f"{r['current_version']['rating']['label']} | {c['text']}"
        for c in claims
        for r in c["reviews"]
    ]
    shown = "\n".join(["```", *lines, "```"])
    assert lines
    assert shown in readme
