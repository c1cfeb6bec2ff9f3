"""The sequencer appends entries to the tree, and outsiders can verify it."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from django.conf import LazySettings
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from claims.models import Topic
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.ledger.checkpoint import new_private_key, open_note
from claimsapi.core.ledger.sequencer import sequence_entries, tree_size
from claimsapi.core.models import Appearance, Entry, Leaf, Pending
from tests import factories as make
from tests.concurrency import Together

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(settings: LazySettings, tmp_path: Path) -> Path:
    settings.LEDGER_KEY = tmp_path / "key.pem"
    settings.LEDGER_ORIGIN = "desk.example/ledger"
    settings.LEDGER_KEY.write_bytes(new_private_key())
    return tmp_path / "key.pem"


def get(client: APIClient, address: str, **parameters: Any) -> Any:
    response = client.get(f"/api/v1/ledger/{address}", parameters)
    assert response.status_code == 200, response.content
    return response.json()


def proof(client: APIClient, address: str, **parameters: Any) -> list[bytes]:
    return [base64.b64decode(h) for h in get(client, f"proof/{address}", **parameters)["proof"]]


def naive_root(leaves: list[bytes]) -> bytes:
    """Compute a root by the definition of RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    pair = naive_root(leaves[:half]) + naive_root(leaves[half:])
    return hashlib.sha256(b"\x01" + pair).digest()


def test_a_leaf_has_the_documented_hash(client_of: Callable[..., APIClient]) -> None:
    topic = make.TopicFactory(name='"Häfen" 🛳')
    with audit_context(actor="@ada", reason="A \\ reason."):
        Topic.objects.filter(pk=topic.pk).update(name="Ports")
    for leaf_data in get(client_of("auditor"), "entries")["results"]:
        entry = leaf_data["entry"]
        content = hashlib.sha256(rfc8785.dumps(entry["content"])).hexdigest()
        leaf = rfc8785.dumps({**entry, "content": content})
        assert hashlib.sha256(b"\x00" + leaf).hexdigest() == leaf_data["leaf"]
    assert entry["content"]["reason"] == "A \\ reason."
    assert entry["content"]["state"]["fields"]["name"] == "Ports"


def test_an_outsider_can_verify_every_entry_and_every_growth(public: APIClient, key: Path) -> None:
    notes = []
    for _ in range(11):
        make.ClaimFactory()
        note = public.get("/api/v1/ledger/checkpoint")
        assert note["Content-Type"] == "text/plain; charset=utf-8"
        notes.append(note.content.decode())
    verifier = get(public, "")["verifier_key"]
    points = [open_note(text, verifier) for text in notes]
    assert [point.size for point in points] == list(range(1, 12))
    leaves = [bytes.fromhex(leaf["leaf"]) for leaf in get(public, "entries")["results"]]
    for point in points:
        assert point.origin == "desk.example/ledger"
        assert point.root == naive_root(leaves[: point.size])
        for index in range(point.size):
            path = proof(public, "inclusion", index=index, size=point.size)
            assert merkle.verify_inclusion(leaves[index], index, point.size, path, point.root)
    first, *_, last = points
    for older in points:
        path = proof(public, "consistency", old=older.size, new=last.size)
        assert merkle.verify_consistency(older.size, last.size, older.root, last.root, path)
    assert get(public, "") == {
        "origin": "desk.example/ledger",
        "size": 11,
        "root": last.root.hex(),
        "verifier_key": verifier,
    }
    assert first.root != last.root


def test_a_checkpoint_without_a_key_names_the_command(
    public: APIClient, settings: LazySettings, tmp_path: Path
) -> None:
    settings.LEDGER_KEY = tmp_path / "none.pem"
    response = public.get("/api/v1/ledger/checkpoint")
    assert response.status_code == 503
    assert "manage.py ledger_key" in response.json()["detail"]


def test_an_empty_ledger_has_a_checkpoint_and_no_entries(public: APIClient, key: Path) -> None:
    assert get(public, "")["root"] == hashlib.sha256().hexdigest()
    assert get(public, "entries") == {"size": 0, "next": None, "results": []}


def test_entries_are_read_page_by_page(public: APIClient) -> None:
    for _ in range(5):
        make.ClaimFactory()
    whole = get(public, "entries")["results"]
    paged, url = [], "/api/v1/ledger/entries?page_size=2"
    while url:
        body = public.get(url).json()
        paged += body["results"]
        url = body["next"]
    assert paged == whole
    assert [leaf["sequence"] for leaf in whole] == [0, 1, 2, 3, 4]


def test_a_write_by_the_api_is_sequenced_at_once(client_of: Callable[..., APIClient]) -> None:
    client_of("editor").post("/api/v1/topics/", {"slug": "ports", "name": "Ports"})
    assert Entry.objects.get(kind="claims.topic").leaf.sequence == 0
    assert not Pending.objects.exists()


def test_the_actor_of_a_request_is_the_account_of_its_token(client_of: Any) -> None:
    editor = make.UserFactory(role="editor")
    editor.set_password("a long pass phrase")
    editor.save()
    client = client_of()
    response = client.post(
        "/api/v1/tokens/", {"login": editor.username, "password": "a long pass phrase"}
    )
    client.credentials(HTTP_AUTHORIZATION=f"Token {response.json()['token']}")
    assert client.post("/api/v1/topics/", {"slug": "p", "name": "P"}).status_code == 201
    assert Entry.objects.get(kind="claims.topic").actor == f"@{editor.handle}"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE core_leaf SET settled = NOT settled",
        "DELETE FROM core_leaf",
        "DELETE FROM core_appearance",
        "UPDATE core_appearance SET visible = NOT visible",
        "UPDATE core_pending SET entry_id = entry_id + 100",
        (
            "INSERT INTO core_leaf (sequence, entry_id, content_hash, nodes, settled)"
            " SELECT 99, entry_id, content_hash, nodes, settled FROM core_leaf"
        ),
    ],
)
def test_sequenced_entries_cannot_be_changed(sql: str) -> None:
    make.ClaimFactory(listed=True)
    sequence_entries()
    make.ClaimFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert (Leaf.objects.count(), Appearance.objects.count(), Pending.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_concurrent_sequencers_build_one_tree(together: Together) -> None:
    def work() -> int:
        for _ in range(8):
            make.ClaimFactory()
            sequence_entries()
        return sequence_entries(wait=True)

    results = together(*[work] * 4)
    assert all(isinstance(result, int) for result in results), results
    assert tree_size() == Entry.objects.count() == 32
    leaves = [leaf.leaf_hash for leaf in Leaf.objects.order_by("sequence")]
    frontier = merkle.Frontier()
    for leaf in Leaf.objects.order_by("sequence"):
        assert frontier.append(leaf.leaf_hash) == bytes(leaf.nodes)
    assert frontier.root() == naive_root(leaves)
