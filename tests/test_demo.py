"""The demo prepares a desk on this machine once, and only there; settings have strict defaults."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from claims.models import Claim, RatingScale
from claimsapi.core.models import User

ROOT = Path(__file__).resolve().parent.parent
ROLES = ["administrator", "auditor", "editor", "researcher"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with this environment and nothing of the tests' own settings."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"}
    }
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def shown(text: str) -> dict[str, str]:
    """The logins and passwords that the demo has shown."""
    return dict(re.findall(r"^  (\w+) +(\S+)$", text, re.MULTILINE))


@pytest.fixture
def debug(settings: LazySettings) -> None:
    settings.DEBUG = True


def prepare(*arguments: str) -> str:
    """Prepare the demo; return what it says, all of it on standard error."""
    out, err = io.StringIO(), io.StringIO()
    call_command("demo", "--prepare-only", *arguments, stdout=out, stderr=err)
    assert out.getvalue() == ""
    return err.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_demo_is_prepared_once_and_then_keeps_what_people_do(debug: None) -> None:
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
    assert Claim.objects.exists()
    assert RatingScale.objects.exists()

    claim = Claim.objects.order_by("public_id").first()
    assert claim is not None
    claim.text = "What an editor has written since."
    claim.save()
    hashes = set(User.objects.values_list("username", "password"))
    counts = User.objects.count(), Claim.objects.count(), Group.objects.count()
    again = prepare("127.0.0.1:9000")
    assert shown(again) == {}
    assert not any(password in again for password in passwords.values())
    claim.refresh_from_db()
    assert claim.text == "What an editor has written since."
    assert set(User.objects.values_list("username", "password")) == hashes
    assert (User.objects.count(), Claim.objects.count(), Group.objects.count()) == counts


@pytest.mark.django_db(transaction=True)
def test_a_missing_demo_account_is_made_again_and_the_others_stay(debug: None) -> None:
    first = shown(prepare())
    User.objects.get(username="auditor").delete()
    second = shown(prepare())
    assert list(second) == ["auditor"]
    assert second["auditor"] != first["auditor"]
    assert User.objects.get(username="editor").check_password(first["editor"])


@pytest.mark.django_db
def test_the_demo_is_refused_without_debug() -> None:
    with pytest.raises(CommandError, match="needs DEBUG=1"):
        prepare()
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8000", "192.168.1.7:8000", "[::]:8000", "example.org:80", ":8000", "8000", ""],
)
def test_the_demo_is_refused_on_an_address_that_others_reach(address: str, debug: None) -> None:
    with pytest.raises(CommandError, match="not a loopback address"):
        prepare(address)
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("port", ["", "http", "80000", "-1", "80 00"])
def test_the_demo_is_refused_on_a_port_that_is_none(port: str, debug: None) -> None:
    with pytest.raises(CommandError, match="not a port"):
        prepare(f"127.0.0.1:{port}")
    assert not User.objects.exists()


def test_the_demo_starts_from_nothing_as_make_run_calls_it(tmp_path: Path) -> None:
    """From no database at all, on the machine's own terms."""
    database = f"sqlite:///{tmp_path / 'new' / 'demo.sqlite3'}"
    ran = run("demo", "127.0.0.1:8000", "--prepare-only", DEBUG="1", DATABASE_URL=database)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == ""
    assert sorted(shown(ran.stderr)) == ROLES


# --- settings -------------------------------------------------------------------------------------
REACHED = {"DATABASE_URL": "sqlite://:memory:"}


def test_without_debug_a_secret_key_is_required() -> None:
    ran = run("check", **REACHED)
    assert ran.returncode != 0
    assert "Set SECRET_KEY" in ran.stderr


def test_an_empty_secret_key_is_none() -> None:
    assert "Set SECRET_KEY" in run("check", SECRET_KEY="", DEBUG="0", **REACHED).stderr


def test_with_a_secret_key_the_strict_defaults_pass_djangos_deployment_checks() -> None:
    ran = run(
        "check",
        "--deploy",
        "--fail-level=ERROR",
        SECRET_KEY="k9$" * 20 + "abcdefgh",
        ALLOWED_HOSTS="claims.example",
        **REACHED,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("DEBUG", "maybe", "use 1 or 0"),
        ("DEBUG", "2", "use 1 or 0"),
        ("HTTPS", "ja", "use 1 or 0"),
        ("INGEST_MAX_BYTES", "5MB", "use a whole number"),
        ("INGEST_MAX_BYTES", "-1", "use a whole number"),
        ("NUM_PROXIES", "1.5", "use a whole number"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_by_name(
    name: str, value: str, advice: str
) -> None:
    """A typing error must not leave DEBUG on or HTTPS off."""
    ran = subprocess.run(
        [sys.executable, "-c", "import claimsapi.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "k", **REACHED, name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert f"{name}={value!r}: {advice}" in ran.stderr
