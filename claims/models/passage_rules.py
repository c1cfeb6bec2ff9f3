"""The rules of passages that the database enforces, for statements and for evidence."""

from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.guards import Guard


def passage_guards(table: str) -> tuple[Guard, ...]:
    """The guards of a table of passages: they quote a snapshot of their own document exactly."""
    return (
        Guard(
            "same_document",
            on=("INSERT", "UPDATE"),
            sentence=_("The snapshot belongs to another document: choose one of this document."),
            refuse_when=(
                "NEW.snapshot_id IS NOT NULL AND EXISTS (SELECT 1 FROM sources_snapshot s"
                " WHERE s.id = NEW.snapshot_id AND s.document_id <> NEW.document_id)"
            ),
        ),
        Guard(
            "quotes_snapshot",
            on=("INSERT", "UPDATE"),
            sentence=_("The quotation differs from the snapshot's text at this position."),
            # substr counts code points on both databases, as the text position selector does.
            # Its length must not be negative, or it fails before the constraint refuses the row.
            refuse_when=(
                "NEW.start IS NOT NULL AND EXISTS (SELECT 1 FROM sources_snapshot s"
                " WHERE s.id = NEW.snapshot_id AND s.text IS NOT NULL"
                ' AND CASE WHEN NEW."end" > NEW.start THEN NEW."end" > s.length'
                ' OR substr(s.text, NEW.start + 1, NEW."end" - NEW.start) <> NEW.exact'
                " ELSE FALSE END)"
            ),
        ),
        # A passage can wait for its text: the text that arrives must then agree with it.
        Guard(
            f"fits_{table}",
            on="UPDATE",
            table="sources_snapshot",
            sentence=_("The text contradicts a passage that quotes this snapshot."),
            refuse_when=(
                "OLD.text IS NULL AND NEW.text IS NOT NULL AND EXISTS"
                f" (SELECT 1 FROM {table} p WHERE p.snapshot_id = NEW.id AND p.start IS NOT NULL"
                " AND (p.\"end\" > NEW.length OR p.exact <> ''"
                ' AND substr(NEW.text, p.start + 1, p."end" - p.start) <> p.exact))'
            ),
        ),
    )
