"""The layout of template code: short lines, and includes that exist."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).parents[1]
APPS = ("claims", "claimsapi", "sources")
MAX_LINE_LENGTH = 120


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).glob("**/templates/**/*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_no_line_is_longer_than_120_characters(template: Path) -> None:
    lines = template.read_text(encoding="utf-8").splitlines()
    too_long = [number for number, line in enumerate(lines, 1) if len(line) > MAX_LINE_LENGTH]
    assert not too_long, f"{relative(template)}: shorten the lines {too_long}."


@pytest.mark.parametrize("template", TEMPLATES, ids=relative)
def test_every_included_template_exists_and_compiles(template: Path) -> None:
    names = re.findall(r'{% (?:include|extends) "([^"]+)"', template.read_text(encoding="utf-8"))
    for name in names:
        get_template(name)
