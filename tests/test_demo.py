"""The demo prepares a desk once, on this machine only. The settings have strict defaults.

``test_migrations`` starts the demo without a database.
"""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from claims.management.commands import demo
from claims.models import Claim, RatingScale
from claimsapi.core.models import User

ROOT = Path(__file__).resolve().parent.parent
ROLES = ["administrator", "auditor", "editor", "researcher"]
CASE = """\
case: ferries
recorded: 2026-11-01T00:00:00Z
claims:
  - key: late
    text: A ferry was late.
    kind: event
"""


def read_passwords(text: str) -> dict[str, str]:
    """Return the passwords in the demo's output by login."""
    return dict(re.findall(r"^  (\w+) +(\S+)$", text, re.MULTILINE))


@pytest.fixture
def laptop(settings: LazySettings, tmp_path: Path) -> None:
    """Set up a developer's machine with a small case and a fast password hasher."""
    settings.DEBUG = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SEEDS_DIR = tmp_path
    settings.LEDGER_KEY = tmp_path / "ledger_key.pem"
    (tmp_path / "ferries.yaml").write_text(CASE)


def prepare(*arguments: str) -> str:
    """Prepare the demo and return its output, which goes to stderr only."""
    out, err = io.StringIO(), io.StringIO()
    call_command("demo", "--prepare-only", *arguments, stdout=out, stderr=err)
    assert out.getvalue() == ""
    return err.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_second_start_keeps_the_accounts_and_their_changes(laptop: None) -> None:
    output = prepare("127.0.0.1:9000")
    passwords = read_passwords(output)
    assert sorted(passwords) == ROLES
    assert len(set(passwords.values())) == len(ROLES)
    for login, password in passwords.items():
        user = User.objects.get(username=login)
        assert user.check_password(password)
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert [group.name for group in user.groups.all()] == [login]
    assert "http://127.0.0.1:9000/desk/" in output
    assert RatingScale.objects.exists()

    Claim.objects.filter(text="A ferry was late.").update(text="An editor's words.")
    hashes = set(User.objects.values_list("username", "password"))
    second_output = prepare("127.0.0.1:9000")
    assert read_passwords(second_output) == {}
    assert "manage.py changepassword <login>" in second_output
    assert not any(password in second_output for password in passwords.values())
    assert Claim.objects.get().text == "An editor's words."
    assert set(User.objects.values_list("username", "password")) == hashes
    assert Group.objects.count() == len(ROLES)

    User.objects.get(username="auditor").delete()
    assert list(read_passwords(prepare())) == ["auditor"]
    assert User.objects.get(username="editor").check_password(passwords["editor"])


@pytest.mark.django_db
def test_the_demo_serves_pages_and_runs_a_worker(
    laptop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses, worker_started = [], Event()

    def serve(name: str, *arguments: str, **named: object) -> None:
        if name == "runserver":
            addresses.append(arguments)
        elif name != "migrate":
            call_command(name, *arguments, **named)

    monkeypatch.setattr(demo, "call_command", serve)
    monkeypatch.setattr(demo.DeskWorker, "run", lambda _worker: worker_started.set())
    call_command("demo", "127.0.0.1:8911", stderr=io.StringIO())
    assert addresses == [("127.0.0.1:8911",)]
    assert worker_started.wait(10)


@pytest.mark.django_db
def test_the_demo_refuses_to_run_without_debug(laptop: None, settings: LazySettings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Set DEBUG=1 to allow"):
        prepare()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8000", "192.168.1.7:8000", "[::]:8000", "example.org:80", ":8000", "8000", ""],
)
def test_the_demo_refuses_an_address_that_other_machines_reach(address: str, laptop: None) -> None:
    with pytest.raises(CommandError, match="not a loopback address"):
        prepare(address)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "80 00", "٨٠"])
def test_the_demo_refuses_an_invalid_port(port: str, laptop: None) -> None:
    with pytest.raises(CommandError, match="is not a port"):
        prepare(f"127.0.0.1:{port}")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demo_reports_a_used_port_before_it_prints_anything_else(laptop: None) -> None:
    err = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use.*PORT="):
            call_command("demo", f"127.0.0.1:{port}", stderr=err)
    assert err.getvalue() == ""
    assert not User.objects.exists()


# --- settings


def build_environment(**variables: str) -> dict[str, str]:
    """Return this environment without the settings of the tests, plus the variables."""
    inherited = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in inherited} | variables


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Return a copy of the settings in an empty checkout, without files of earlier runs."""
    folder = tmp_path / "claimsapi"
    folder.mkdir()
    return Path(shutil.copy(ROOT / "claimsapi" / "settings.py", folder))


def load_settings(settings_file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a separate process, which prints the secret key."""
    program = "import runpy, sys; print(runpy.run_path(sys.argv[1])['SECRET_KEY'])"
    return subprocess.run(
        [sys.executable, "-c", program, settings_file],
        env=build_environment(DATABASE_URL="sqlite://:memory:", **variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("variables", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY": "", "DEBUG": "0"}])
def test_without_debug_a_secret_key_is_required(
    variables: dict[str, str], settings_file: Path
) -> None:
    process = load_settings(settings_file, **variables)
    assert process.returncode != 0
    assert "Set SECRET_KEY" in process.stderr
    assert not (settings_file.parents[1] / "var" / "secret_key").exists()


def test_secret_key_from_the_environment_is_used(settings_file: Path) -> None:
    assert load_settings(settings_file, SECRET_KEY="a key").stdout == "a key\n"
    assert load_settings(settings_file, SECRET_KEY="a key", DEBUG="1").stdout == "a key\n"


def test_debug_creates_one_secret_key_that_only_its_owner_can_read(settings_file: Path) -> None:
    first, second = load_settings(settings_file, DEBUG="1"), load_settings(settings_file, DEBUG="1")
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.strip()) >= 50
    assert second.stdout == first.stdout
    secret_key = settings_file.parents[1] / "var" / "secret_key"
    assert secret_key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in secret_key.parent.iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("DEBUG", "maybe", "use 1 or 0"),
        ("DEBUG", "2", "use 1 or 0"),
        ("HTTPS", "ja", "use 1 or 0"),
        ("INGEST_MAX_BYTES", "5MB", "use a whole number"),
        ("NUM_PROXIES", "-1", "use a whole number"),
    ],
)
def test_an_invalid_setting_is_refused_by_name(
    name: str, value: str, advice: str, settings_file: Path
) -> None:
    """A typing error cannot leave DEBUG on or HTTPS off."""
    process = load_settings(settings_file, SECRET_KEY="a key", **{name: value})
    assert process.returncode != 0
    assert f"{name}={value!r}: {advice}" in process.stderr


@pytest.mark.slow
def test_common_words_for_true_and_false_are_accepted(settings_file: Path) -> None:
    for value in ("0", "False", "no", "off", ""):
        assert "Set SECRET_KEY" in load_settings(settings_file, DEBUG=value).stderr
    for value in ("1", "TRUE", " yes ", "On"):
        assert load_settings(settings_file, DEBUG=value).returncode == 0
