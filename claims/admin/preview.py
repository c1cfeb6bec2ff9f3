"""Preview of a review version, field by field, for the editor who publishes it."""

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from claims.choices import VersionState
from claims.models import Evidence, ReviewVersion
from claimsapi.core.models import User
from claimsapi.core.word_diff import Run, diff_words, unchanged_runs


@dataclass(frozen=True, slots=True)
class PreviewField:
    """A field of a version. ``runs`` is its word diff to the published version, if any."""

    label: str
    runs: list[Run]


def preview_version(version: ReviewVersion, user: User) -> list[PreviewField]:
    """Return the version's fields, each with its changes to the published version."""
    others = version.review.versions.exclude(pk=version.pk)
    published = others.filter(state=VersionState.PUBLISHED).select_related("rating__scale").first()
    texts = _texts_by_label(version, user)
    if published is None:
        return [PreviewField(label, unchanged_runs(text)) for label, text in texts.items()]
    # Both versions have the same labels, so the fields pair up.
    before = _texts_by_label(published, user)
    return [PreviewField(label, diff_words(before[label], text)) for label, text in texts.items()]


def _texts_by_label(version: ReviewVersion, user: User) -> dict[str, str]:
    """Return the version's texts and its evidence as text, by the label of the field."""
    evidence = (
        Evidence.objects.visible_to(user)
        .filter(version=version)
        .select_related("document")
        .order_by("pk")
    )
    meta: Any = ReviewVersion._meta
    names = ("headline", "summary", "body")
    return {
        capfirst(meta.get_field("rating").verbose_name): str(version.rating or ""),
        **{capfirst(meta.get_field(n).verbose_name): getattr(version, n) for n in names},
        capfirst(_("evidence")): "\n".join(map(_evidence_line, evidence)),
    }


def _evidence_line(item: Evidence) -> str:
    quotation = f"“{item.exact}”" if item.exact else ""
    parts = (str(item.document), item.locator, quotation, item.note)
    return f"{item.get_stance_display()}: {', '.join(part for part in parts if part)}"
