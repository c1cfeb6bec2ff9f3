"""The documentation names existing things, its links lead somewhere, and its commands run."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.core.management import get_commands
from rest_framework.routers import SimpleRouter
from standardwebhooks import Webhook

from claims.exchange.tables.mapping import Mapping
from claims.workflow import TRANSITIONS
from claimsapi.core.api.filter_criteria import Criterion, RecordFilterSet
from claimsapi.core.api.projection import Projection
from claimsapi.core.api.serializers import RecordSerializer
from claimsapi.core.api.viewsets import RecordViewSet
from sources.models import Publisher
from tests.api.contract import document
from tests.doc_commands import CommandBlock, check_block, read_blocks
from tests.one_database import once

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "internals").glob("*.md")]
    + [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "seeds/README.md")]
)
API_PAGES = ("frontend", "api-writing", "claimreview", "factcheck-api", "webhooks", "history")
# Short pages, and pages that programs write.
WITHOUT_CONTENTS = {"README.md", "CHANGELOG.md", "docs/benchmarks.md", "docs/benchmarks-import.md"}
MAX_CELL_WORDS = 30  # words
RUN_ELSEWHERE = {"docs/auditor.md": "tests/test_audit_example.py"}
SERVER = "localhost:8000"  # as the pages write it


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def every_page() -> "pytest.MarkDecorator":
    return pytest.mark.parametrize("page", PAGES, ids=relative)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text(relative(page)), flags=re.MULTILINE | re.DOTALL)


# --- the pages are complete -----------------------------------------------------------------------
def test_every_list_of_the_api_is_in_the_guides() -> None:
    guides = "".join(text(f"docs/{name}.md") for name in API_PAGES)
    for path in document()["paths"]:
        if "{" not in path:
            assert path in guides, path


def test_every_transition_is_in_the_guide() -> None:
    guide = text("docs/api-writing.md")
    for transitions in TRANSITIONS.values():
        for transition in transitions:
            assert f"{transition.name}/`" in guide, transition.name


def test_every_setting_is_in_the_guide() -> None:
    guide, settings = text("docs/settings.md"), text("claimsapi/settings.py")
    names = set(re.findall(r"""(?:\b_[a-z_]+|environ\.get)\(\s*"([A-Z][A-Z_]+)\"""", settings))
    assert len(names) >= 20
    assert {name for name in names if f"- `{name}`: " not in guide} == set()


def test_every_command_is_in_the_guide() -> None:
    guide = text("docs/commands.md")
    ours = {"claims", "sources", "claimsapi.core"}
    for command, app in get_commands().items():
        if app in ours:
            assert f"`manage.py {command}" in guide, command


# --- the pages are readable -----------------------------------------------------------------------
def test_the_readme_fits_on_one_screen() -> None:
    readme = text("README.md")
    assert len(readme.splitlines()) <= 25
    assert len(re.findall(r"(?<!!)\[[^]]+\]\(", readme)) == 4
    assert len(re.findall(r"^\$ ", readme, re.MULTILINE)) == 2


@every_page()
def test_table_cells_are_short(page: Path) -> None:
    for line in prose(page).splitlines():
        if line.startswith("|"):
            for cell in re.split(r"(?<!\\)\|", line):
                assert len(cell.split()) <= MAX_CELL_WORDS, cell


def headings(page: Path) -> list[str]:
    """Return the headings of a page, of all levels below its title."""
    return re.findall(r"^##+ (.+)$", prose(page), re.MULTILINE)


def anchor(heading: str) -> str:
    """Return the anchor that GitHub makes for a heading."""
    heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if relative(page) not in WITHOUT_CONTENTS], ids=relative
)
def test_the_table_of_contents_lists_the_sections(page: Path) -> None:
    content = prose(page)
    sections = re.findall(r"^## (.+)$", content, re.MULTILINE)
    if sections[0] == "Contents":
        sections.pop(0)
    before = content.partition(f"## {sections[0]}\n")[0]
    entries = re.findall(r"^- \[(.+?)\]\(#(.+?)\)$", before, re.MULTILINE)
    assert entries == [(section, anchor(section)) for section in sections]


# --- the pages are true ---------------------------------------------------------------------------
@every_page()
def test_every_link_leads_to_a_page_and_a_section(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", prose(page)):
        path, _hash, section = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if section:
            assert section in map(anchor, headings(file)), target


def test_the_layout_in_the_guide_is_the_layout_of_the_repository() -> None:
    layout = text("docs/architecture.md").partition("## Layout")[2].split("```")[1]
    path: list[str] = []
    documented = set()
    for indent, name in re.findall(r"^( *)([a-z0-9_]+)/", layout, re.MULTILINE):
        path = [*path[: len(indent) // 2], name]
        documented.add("/".join(path))
        assert (ROOT / "/".join(path)).is_dir(), path
    # A package that the guide leaves out has no explanation, except Django's standard folders.
    for app in ("claims", "claimsapi/core"):
        packages = {file.parent for file in (ROOT / app).glob("*/__init__.py")}
        names = {f"{app}/{folder.name}" for folder in packages}
        assert names - documented <= {
            f"{app}/migrations",
            f"{app}/management",
            f"{app}/templatetags",
        }


def test_every_page_that_the_code_names_exists() -> None:
    for folder in ("claims", "claimsapi", "sources", "tests", "benchmarks"):
        for file in (ROOT / folder).rglob("*.py"):
            for path in re.findall(r"\bdocs/[\w/-]+\.md\b", file.read_text(encoding="utf-8")):
                assert (ROOT / path).exists(), (file, path)


def resolve(module: str, names: list[str]) -> object:
    return reduce(getattr, names, import_module(module))


@every_page()
def test_every_module_and_name_of_the_code_exists(page: Path) -> None:
    content = text(relative(page))
    for path in re.findall(
        r"\b(?:claims|claimsapi|sources|tests|benchmarks)/[\w/]+\.py\b", content
    ):
        assert (ROOT / path).exists(), path
    # [`ListViewSet.list()`](../claimsapi/core/api/viewsets.py) names an attribute of the module.
    for name, path in re.findall(r"\[`([\w.]+)(?:\(\))?`\]\(([\w./-]+\.py)\)", content):
        file = (page.parent / path).resolve()
        if file.name != name.rpartition("/")[2]:
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            resolve(module.removesuffix(".__init__"), name.split("."))
    for name in re.findall(r"`((?:claims|claimsapi|sources)(?:\.\w+)+)(?:\(\))?`", content):
        assert is_name_of_the_code(name), name


def is_name_of_the_code(name: str) -> bool:
    """Tell whether a dotted name is a module, an attribute of one, or the label of a model."""
    parts = name.split(".")
    if len(parts) == 2 and parts[1] in apps.get_app_config(parts[0]).models:
        return True
    for length in range(len(parts), 0, -1):
        try:
            resolve(".".join(parts[:length]), parts[length:])
        except (ImportError, AttributeError):
            continue
        return True
    return False


def test_every_label_of_the_desk_is_in_the_guides_as_the_desk_shows_it() -> None:
    catalog = text("claimsapi/locale/de/LC_MESSAGES/django.po").casefold()
    pages = ("fact-checker", "operator", "settings", "factcheck-api", "webhooks", "import-export")
    for page in pages:
        labels = re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", prose(ROOT / f"docs/{page}.md"))
        for label in labels:
            assert f'msgid "{label.casefold()}"' in catalog, (page, label)


def test_the_example_of_a_resource_works() -> None:
    [example] = re.findall(r"```python\n(.+?)```", text("CONTRIBUTING.md"), re.DOTALL)
    # An existing model replaces the example's: a publisher has the fields of a place.
    names: dict[str, Any] = {
        "ClassVar": ClassVar,
        "Criterion": Criterion,
        "Place": Publisher,
        "RecordFilterSet": RecordFilterSet,
        "RecordSerializer": RecordSerializer,
        "RecordViewSet": RecordViewSet,
        "router": SimpleRouter(use_regex_path=False),
    }
    modules, _line, registration = example.rpartition("\n\n\n")
    exec(modules, names)  # noqa: S102  the text is our own
    names["views"] = SimpleNamespace(PlaceViewSet=names["PlaceViewSet"])
    exec(registration, names)  # noqa: S102  as above
    [(prefix, viewset, _basename)] = names["router"].registry
    assert (prefix, viewset) == ("places", names["PlaceViewSet"])
    projection = Projection(viewset.serializer_class(), viewset.queryset.public())
    assert projection.fetch_records([]) == []


@every_page()
def test_every_example_in_python_compiles(page: Path) -> None:
    for example in re.findall(r"```python\n(.+?)```", text(relative(page)), re.DOTALL):
        compile(example, page.name, "exec")


def test_the_example_of_a_receiver_verifies_messages() -> None:
    [example] = re.findall(r"```python\n(.+?)```", text("docs/webhooks.md"), re.DOTALL)
    secret = f"whsec_{base64.b64encode(bytes(32)).decode()}"
    names: dict[str, Any] = {}
    exec(example.replace("whsec_…", secret), names)  # noqa: S102  the text is our own
    now, body = datetime.now(UTC), b'{"type": "webhook.test"}'
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body.decode()),
    }
    assert [names["receive"](headers, body) for _ in range(2)] == [204, 204]
    assert names["messages"] == {"msg_1": {"type": "webhook.test"}}
    assert names["receive"](headers, body + b" ") == 400


def test_the_example_of_a_mapping_is_valid() -> None:
    [example] = re.findall(r"```yaml\n(.+?)```", text("docs/import-export.md"), re.DOTALL)
    Mapping.parse(example)  # an error names the line


# --- the commands run -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that looks like a checkout to the commands of the pages."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("manage.py", "docs", "fixtures", "seeds", "requirements", "Makefile"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def environment(workspace: Path) -> dict[str, str]:
    """Return the environment of a desk with the demo's data in a database of its own."""
    variables = {
        "DATABASE_URL": f"sqlite:///{workspace / 'claims.sqlite3'}",
        "DEBUG": "1",
        "LEDGER_KEY": str(workspace / "ledger_key.pem"),
        "NO_PROXY": "localhost,127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": "only for the commands of the documentation",
        "SITE_URL": f"http://{SERVER}",
    }
    demo = subprocess.run(
        [sys.executable, "manage.py", "demo", "--prepare-only"],
        cwd=workspace,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    password = re.search(r"^ +researcher +(\S+)$", demo.stderr, re.MULTILINE)
    assert password is not None, demo.stderr
    return variables | {"PASSWORD": password[1]}


@pytest.fixture(scope="module")
def server(workspace: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve the demo's data, and return the host and port."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "runserver", "127.0.0.1:0", "--noreload"],
        cwd=workspace,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        # The server prints its address when it listens; the pipe ends if it fails.
        for line in process.stdout:
            if address := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                yield f"localhost:{address[1]}"
                break
        process.terminate()


def commands_for(block: CommandBlock, server: str) -> CommandBlock:
    """Return the block with the address of the test's server in place of the page's."""
    commands = (
        replace(
            command,
            text=command.text.replace(SERVER, server),
            # The API names itself by the host of the request, the pages by SITE_URL.
            output=tuple(
                line.replace(f"{SERVER}/api/", f"{server}/api/") for line in command.output
            ),
        )
        for command in block.commands
    )
    return replace(block, commands=tuple(commands))


@once
@pytest.mark.slow
def test_commands_print_the_output_that_the_pages_show(
    subtests: pytest.Subtests, workspace: Path, environment: dict[str, str], server: str
) -> None:
    # One test, so that the demo's data are loaded once, and not once in each worker process.
    for page in PAGES:
        blocks = [] if relative(page) in RUN_ELSEWHERE else read_blocks(page)
        with subtests.test(relative(page)):
            for block in blocks:
                check_block(
                    commands_for(block, server), directory=workspace, environment=environment
                )
