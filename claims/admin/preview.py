"""What a version says, line by line, as the person reads it who is about to publish it."""

from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from claims.choices import VersionState
from claims.models import Evidence, ReviewVersion
from claimsapi.core.models import User
from claimsapi.core.word_diff import Run, diff_words, unchanged_runs


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a version. ``runs`` lead to it from what is published, if anything is."""

    label: str
    runs: list[Run]


def reading(version: ReviewVersion, user: User) -> list[Line]:
    """The version's parts, each with what it changes of the published one."""
    others = version.review.versions.exclude(pk=version.pk)
    published = others.filter(state=VersionState.PUBLISHED).select_related("rating__scale").first()
    said = _said(version, user)
    if published is None:
        return [Line(label, unchanged_runs(text)) for label, text in said.items()]
    before = _said(published, user)
    return [Line(label, diff_words(before[label], text)) for label, text in said.items()]


def _said(version: ReviewVersion, user: User) -> dict[str, str]:
    evidence = Evidence.objects.visible_to(user).filter(version=version).order_by("pk")
    fields: Any = ReviewVersion._meta
    prose = ("headline", "summary", "body")
    return {
        capfirst(fields.get_field("rating").verbose_name): str(version.rating or ""),
        **{capfirst(fields.get_field(n).verbose_name): getattr(version, n) for n in prose},
        capfirst(_("evidence")): "\n".join(map(_rests_on, evidence.select_related("document"))),
    }


def _rests_on(item: Evidence) -> str:
    quoted = f"“{item.exact}”" if item.exact else ""
    told = (str(item.document), item.locator, quoted, item.note)
    return f"{item.get_stance_display()}: {', '.join(part for part in told if part)}"
