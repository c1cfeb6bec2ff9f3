"""Creates some weeks of work at a desk, for tests of its ledger."""

from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import LazySettings
from django.utils import timezone

from claims import workflow
from claims.choices import Quotation
from claims.models import Claim, Topic
from claims.services.reviews import prepare_next_version
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.ledger.sequencer import sequence_entries
from tests import factories as make
from tests.core.ledger import exports

SECRET = "A secret wording"
TEXT = "Other people's words. “We were on time,” snapshot Ada Quill. 🛳\n"


def create_history() -> dict[str, Any]:
    """Create every kind of entry but erasures, and return records for the tests."""
    writer = make.UserFactory(role="researcher", handle="ada")
    editor = make.UserFactory(role="editor", handle="Bo-2")
    with audit_context(actor="@ada"):
        snapshot = make.SnapshotFactory(
            text=TEXT, document__title="Böse “Zitate”\u2028 \u05d0 🛳", document__language="de"
        )
        waiting = make.SnapshotFactory(text=None, length=len(TEXT))
        role = make.AffiliationFactory(start_on=date(2020, 1, 1), start_precision="year")
        claim = make.ClaimFactory(text=f"{SECRET}, at first.")
        sequence_entries()
        Claim.objects.filter(pk=claim.pk).update(text="The ferries were late.")
        claim.topics.set([make.TopicFactory(name=name) for name in ("ports", "Éire 🛳")])
        make.ClaimFactory(text=f"{SECRET} of a draft.")
        statement = make.StatementFactory(
            claim=claim,
            document=snapshot.document,
            snapshot=snapshot,
            speaker=role.speaker,
            affiliation=role,
            quotation=Quotation.DIRECT,
            exact=TEXT[23:38],
            start=23,
            end=38,
        )
        make.StatementFactory(claim=claim, document=waiting.document, snapshot=waiting)
        sequence_entries()
        version = make.ReviewVersionFactory(
            author=writer, review__claim=claim, summary=f"{SECRET} of a summary.", body='["@eve"]'
        )
        make.EvidenceFactory(version=version, document=snapshot.document)
        make.EvidenceFactory(
            version=version, is_confidential=True, confidential_reason=SECRET, note=SECRET
        )
        sequence_entries()
        type(version).objects.filter(pk=version.pk).update(summary="The log shows it.")
    make.move(version, workflow.SUBMIT, writer)
    sequence_entries()
    make.move(version, workflow.PUBLISH, editor)
    sequence_entries()
    listed_claim = make.ClaimFactory(listed=True, text="A listed claim.")
    withdrawn = make.ClaimFactory(listed=True, text="Listed by mistake.")
    spoken = make.StatementFactory(claim=listed_claim, attributed_as="A deleted statement.")
    mistaken = make.ClaimFactory(text=f"{SECRET} by mistake.")
    sequence_entries()
    with audit_context(actor="@Bo-2", reason="It was listed by mistake."):
        Claim.objects.filter(pk=withdrawn.pk).update(listed_at=None)
        mistaken.delete()
        spoken.delete()
    second = prepare_next_version(
        review=version.review, author=writer, kind="update", note="There is more."
    )
    type(second).objects.filter(pk=second.pk).update(body=SECRET)
    # A snapshot that was public without its text receives the text.
    type(waiting).objects.filter(pk=waiting.pk).update(
        text=TEXT, size=len(TEXT.encode()), retrieved_at=timezone.now()
    )
    with audit_context(actor="database:someone else"):
        Topic.objects.filter(name="ports").update(name="Ports")
    sequence_entries()
    return {"claim": claim, "version": version, "snapshot": snapshot, "statement": statement}


def use_key(settings: LazySettings, folder: Path, key: Ed25519PrivateKey = exports.KEY) -> None:
    """Give this installation's ledger the key and the origin of the sample exports."""
    settings.LEDGER_KEY = folder / "key.pem"
    settings.LEDGER_ORIGIN = exports.ORIGIN
    settings.LEDGER_KEY.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
