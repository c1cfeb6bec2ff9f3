"""The demo prepares a desk on this machine once, and only there; settings have strict defaults.

That it starts where there is no database yet, test_migrations.py shows.
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


def shown(text: str) -> dict[str, str]:
    """The logins and passwords that the demo has shown."""
    return dict(re.findall(r"^  (\w+) +(\S+)$", text, re.MULTILINE))


@pytest.fixture
def laptop(settings: LazySettings, tmp_path: Path) -> None:
    """A developer's machine, with a small case and a fast way to hash passwords."""
    settings.DEBUG = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SEEDS_DIR = tmp_path
    settings.LEDGER_KEY = tmp_path / "ledger_key.pem"
    (tmp_path / "ferries.yaml").write_text(CASE)


def prepare(*arguments: str) -> str:
    """Prepare the demo; return what it says, all of it on standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("demo", "--prepare-only", *arguments, stdout=out, stderr=err)
    assert out.getvalue() == ""
    return err.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_demo_is_prepared_once_and_then_keeps_what_people_do(laptop: None) -> None:
    said = prepare("127.0.0.1:9000")
    passwords = shown(said)
    assert sorted(passwords) == ROLES
    assert len(set(passwords.values())) == len(ROLES)
    for login, password in passwords.items():
        user = User.objects.get(username=login)
        assert user.check_password(password)
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert [group.name for group in user.groups.all()] == [login]
    assert "http://127.0.0.1:9000/desk/" in said
    assert RatingScale.objects.exists()

    Claim.objects.filter(text="A ferry was late.").update(text="An editor's words.")
    hashes = set(User.objects.values_list("username", "password"))
    again = prepare("127.0.0.1:9000")
    assert shown(again) == {}
    assert "manage.py changepassword <login>" in again
    assert not any(password in again for password in passwords.values())
    assert Claim.objects.get().text == "An editor's words."
    assert set(User.objects.values_list("username", "password")) == hashes
    assert Group.objects.count() == len(ROLES)

    User.objects.get(username="auditor").delete()
    assert list(shown(prepare())) == ["auditor"]
    assert User.objects.get(username="editor").check_password(passwords["editor"])


@pytest.mark.django_db
def test_the_demo_serves_with_a_worker_beside(
    laptop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, works = [], Event()

    def serve(name: str, *arguments: str, **named: object) -> None:
        if name == "runserver":
            served.append(arguments)
        elif name != "migrate":
            call_command(name, *arguments, **named)

    monkeypatch.setattr(demo, "call_command", serve)
    monkeypatch.setattr(demo.DeskWorker, "run", lambda _worker: works.set())
    call_command("demo", "127.0.0.1:8911", stderr=io.StringIO())
    assert served == [("127.0.0.1:8911",)]
    assert works.wait(10)


@pytest.mark.django_db
def test_the_demo_is_refused_without_debug(laptop: None, settings: LazySettings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="needs DEBUG=1"):
        prepare()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8000", "192.168.1.7:8000", "[::]:8000", "example.org:80", ":8000", "8000", ""],
)
def test_the_demo_is_refused_on_an_address_that_others_reach(address: str, laptop: None) -> None:
    with pytest.raises(CommandError, match="not a loopback address"):
        prepare(address)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "80 00", "٨٠"])
def test_the_demo_is_refused_on_what_is_no_port(port: str, laptop: None) -> None:
    with pytest.raises(CommandError, match="is not a port"):
        prepare(f"127.0.0.1:{port}")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demo_says_that_a_port_is_in_use_before_it_names_an_address(laptop: None) -> None:
    err = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use.*PORT="):
            call_command("demo", f"127.0.0.1:{port}", stderr=err)
    assert err.getvalue() == ""
    assert not User.objects.exists()


# --- settings -------------------------------------------------------------------------------------
def environment(**own: str) -> dict[str, str]:
    """This environment and nothing of the tests' own settings."""
    kept = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | own


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """A copy of the settings in an empty checkout, where nothing was kept from earlier runs."""
    folder = tmp_path / "claimsapi"
    folder.mkdir()
    return Path(shutil.copy(ROOT / "claimsapi" / "settings.py", folder))


def read(settings_file: Path, **own: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, which writes the secret key."""
    program = "import runpy, sys; print(runpy.run_path(sys.argv[1])['SECRET_KEY'])"
    return subprocess.run(
        [sys.executable, "-c", program, settings_file],
        env=environment(DATABASE_URL="sqlite://:memory:", **own),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("own", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY": "", "DEBUG": "0"}])
def test_without_debug_a_secret_key_is_required(own: dict[str, str], settings_file: Path) -> None:
    ran = read(settings_file, **own)
    assert ran.returncode != 0
    assert "Set SECRET_KEY" in ran.stderr
    assert not (settings_file.parents[1] / "var" / "secret_key").exists()


def test_a_secret_key_that_is_given_is_the_one(settings_file: Path) -> None:
    assert read(settings_file, SECRET_KEY="given").stdout == "given\n"
    assert read(settings_file, SECRET_KEY="given", DEBUG="1").stdout == "given\n"


def test_with_debug_a_secret_key_is_made_once_for_this_machine_alone(settings_file: Path) -> None:
    first, second = read(settings_file, DEBUG="1"), read(settings_file, DEBUG="1")
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.strip()) >= 50
    assert second.stdout == first.stdout
    kept = settings_file.parents[1] / "var" / "secret_key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


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
def test_a_setting_that_means_nothing_is_refused_by_name(
    name: str, value: str, advice: str, settings_file: Path
) -> None:
    """A typing error must not leave DEBUG on or HTTPS off."""
    ran = read(settings_file, SECRET_KEY="given", **{name: value})
    assert ran.returncode != 0
    assert f"{name}={value!r}: {advice}" in ran.stderr


@pytest.mark.slow
def test_words_for_yes_and_no_are_understood(settings_file: Path) -> None:
    for value in ("0", "False", "no", "off", ""):
        assert "Set SECRET_KEY" in read(settings_file, DEBUG=value).stderr
    for value in ("1", "TRUE", " yes ", "On"):
        assert read(settings_file, DEBUG=value).returncode == 0
