"""A record's history as its ledger tells it, and the record as it was at a time."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claimsapi.core.admin.change_messages import (
    BOOKKEEPING,
    EMPTY,
    Key,
    Names,
    in_order,
    is_text,
    keys_in,
    label_of,
    name_of,
    plain,
)
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger.as_of import as_of
from claimsapi.core.ledger.models import ERASURE, Entry
from claimsapi.core.ledger.queries import Change, history
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.state_json import fields_of
from claimsapi.core.models import Record
from claimsapi.core.word_diff import Run, one_run, word_diff

PAGE: Final = 50
SHORT: Final = 60  # characters up to which the old text and the new stand side by side
DONE: Final = {
    "create": _("created"),
    "change": _("changed"),
    "delete": _("deleted"),
    "adopt": _("taken into the ledger as it stood"),
    "migrate": _("rewritten in a new form"),
}
PART_DONE: Final = DONE | {"create": _("added"), "delete": _("removed")}


@dataclass(frozen=True, slots=True)
class Row:
    """A field: its value before and after, or for longer texts the one written into the other."""

    label: str
    before: list[Run]
    after: list[Run]
    difference: list[Run]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry in words. ``whole`` says whether its rows are a whole state, and of which time."""

    number: int
    at: datetime
    actor: str
    done: str
    part: str
    url: str
    reason: str
    note: str
    whole: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Then:
    """A record as it was: its fields by label, and its parts."""

    kind: str
    name: str
    fields: list[tuple[str, str]]
    parts: list["Then"]


class MomentForm(forms.Form):
    """Asks for a time, in UTC unless it says otherwise."""

    at = forms.DateTimeField(
        label=_("Time (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}),
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise ValidationError(_("The calendar ends before that.")) from None


class HistoryAdmin(admin.ModelAdmin):
    """Pages with the ledger's history of a record and its parts, and of the record as it was.

    A record that was deleted is found by its public id in the place of its key.
    """

    def done(self, action: str, after: dict[str, Any] | None) -> str:  # noqa: ARG002
        """Say what was done to such a record, in words after its kind; empty for no word."""
        return ""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        record, public_id = self._found(request, unquote(object_id))
        if public_id is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "subtitle": None,
            **(extra_context or {}),
        }
        if "at" in request.GET:
            return self._as_it_was(request, public_id, record, shared)
        return self._told(request, public_id, record, shared)

    def _found(self, request: HttpRequest, key: str) -> tuple[Any, UUID | None]:
        """The record, if it is still there, and its public id, if there ever was such a record."""
        record: Any = admin.ModelAdmin.get_object(self, request, key)
        if record is not None:
            return record, record.public_id
        public_id = as_uuid(key)
        if public_id is None:
            return None, None
        record = self.get_queryset(request).filter(public_id=public_id).first()
        return record, public_id if record is not None or self._recorded(public_id) else None

    def _recorded(self, public_id: UUID) -> bool:
        """Whether there ever was such a record."""
        return Entry.objects.filter(object=public_id, kind=self.opts.label_lower).exists()

    def tell_of_deleted(self, request: HttpRequest, key: str) -> None:
        """Lead whoever looks for a deleted record by its public id to its history."""
        public_id = as_uuid(key.strip())
        if public_id is None or not self._recorded(public_id):
            return
        if self.get_queryset(request).filter(public_id=public_id).exists():
            return  # another filter of the list leaves it out
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_history"
        said = gettext('That {kind} was deleted. <a href="{link}">Its history</a> is kept.')
        link = reverse(name, args=[public_id])
        message = format_html(said, kind=self.opts.verbose_name, link=link)
        self.message_user(request, message, messages.WARNING)

    def _told(
        self, request: HttpRequest, public_id: UUID, record: Any, shared: dict[str, Any]
    ) -> HttpResponse:
        before = _before(request)
        changes, names = self._read(request, public_id, before=before, size=PAGE + 1)
        more, changes = len(changes) > PAGE, changes[:PAGE]
        named = name_of(record) if record is not None else names.of(self.model, public_id)
        context = {
            **shared,
            "title": gettext("History: {name}").format(name=named),
            "named": named,
            "entries": [self._entry(change, public_id, names) for change in changes],
            "older": changes[-1].leaf.sequence if more else None,
            "newest": before is None,
            "form": MomentForm(),
        }
        return TemplateResponse(request, "admin/record_history.html", context)

    def latest(self, request: HttpRequest, record: Record, size: int) -> list[Told]:
        """What last happened to a record and its parts, the newest first."""
        changes, names = self._read(request, record.public_id, before=None, size=size)
        return [self._entry(change, record.public_id, names) for change in changes]

    def _read(
        self, request: HttpRequest, public_id: UUID, *, before: int | None, size: int
    ) -> tuple[list[Change], Names]:
        sequence_entries()
        changes = history(public_id, request.user, before=before, size=size)
        return changes, _names(self.admin_site, request, changes)

    def _entry(self, change: Change, of: UUID, names: Names) -> Told:
        entry = change.entry
        part = entry.object != of
        model = _model_of(entry)
        whole, rows = ("", []) if model is None else _rows(model, change, names)
        return Told(
            number=change.leaf.sequence,
            at=entry.at,
            actor=_actor(entry.actor),
            done=self._done(change, model, part=part),
            part=names.of(model, entry.object) if part and model is not None else "",
            url=self._url(names, (model, entry.object)) if part and model is not None else "",
            reason=entry.reason,
            note=_note(change, rows),
            whole=whole,
            rows=rows,
        )

    def _done(self, change: Change, model: type[Record] | None, *, part: bool) -> str:
        action = change.entry.action
        if model is None:
            return gettext("Content erased")
        words = str((PART_DONE if part else DONE).get(action, ""))
        if not words and self.admin_site.is_registered(model):
            page = self.admin_site.get_model_admin(model)
            words = page.done(action, change.fields) if isinstance(page, HistoryAdmin) else ""
        words = words or gettext("changed ({how})").format(how=action.replace("_", " "))
        return capfirst(f"{model._meta.verbose_name} {words}" if part else words)

    def _url(self, names: Names, key: Key) -> str:
        """The address of a part's page; of its history if it is gone; empty if it has no page."""
        model, public_id = key
        if not self.admin_site.is_registered(model):
            return ""
        base = f"{self.admin_site.name}:{model._meta.app_label}_{model._meta.model_name}"
        part = names.records.get(key)
        if part is None or part.pk is None:
            return reverse(f"{base}_history", args=[public_id])
        return reverse(f"{base}_change", args=[part.pk])

    def _as_it_was(
        self, request: HttpRequest, public_id: UUID, record: Any, shared: dict[str, Any]
    ) -> HttpResponse:
        form = MomentForm(request.GET)
        then, at = None, None
        if form.is_valid():
            at = form.cleaned_data["at"]
            with as_of(self.model, public_id, at, request.user) as found:
                then = _then(found, request.user) if found is not None else None
            # A browser's field holds seconds: the next one, so that it still shows this state.
            second = at.replace(microsecond=0)
            with suppress(OverflowError):
                second += timedelta(seconds=1 if at != second else 0)
            form = MomentForm(initial={"at": second.replace(tzinfo=None).isoformat()})
        named = name_of(record) if record is not None else (then.name if then else str(public_id))
        context = {
            **shared,
            "title": gettext("As it was: {name}").format(name=named),
            "named": named,
            "at": at,
            "then": then,
            "form": form,
        }
        return TemplateResponse(request, "admin/record_as_of.html", context)


def as_uuid(text: str) -> UUID | None:
    """Read a public id; ``None`` for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _before(request: HttpRequest) -> int | None:
    given = request.GET.get("before")
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise BadRequest("before: the number of an entry.")
    return int(given)


def _model_of(entry: Entry) -> Any:
    """The kind of record that an entry is about; ``None`` for an erasure."""
    return None if entry.kind == ERASURE else apps.get_model(entry.kind)


def _names(site: admin.AdminSite, request: HttpRequest, changes: list[Change]) -> Names:
    """Read the names of all records that these changes tell of; of those gone, what they were."""
    keys: set[Key] = set()
    last: dict[Key, dict[str, Any]] = {}
    for change in changes:
        model = _model_of(change.entry)
        if model is None:
            continue
        key = (model, change.entry.object)
        fields = change.fields or {name: old for name, (old, _) in change.changes.items()}
        last.setdefault(key, fields)
        keys.add(key)
        for name, values in (
            *change.changes.items(),
            *((name, (value,)) for name, value in fields.items()),
        ):
            for value in values:
                keys.update(keys_in(model, name, value))
    names = Names(site, request, keys)
    for (model, public_id), fields in last.items():
        if (model, public_id) not in names.records and fields:
            names.remember(model, public_id, fields)
    return names


def _rows(model: type[Record], change: Change, names: Names) -> tuple[str, list[Row]]:
    """The fields that changed; with 'after' or 'before' if they are a whole state of that time."""
    changes = change.changes
    if change.entry.erased:
        return "", []
    old, new = changes.get("created_at", ("", ""))
    whole = "after" if old is None else "before" if new is None else ""
    rows = []
    for name in in_order(model, changes):
        before, after = changes[name]
        if not whole:
            rows.append(_row(model, name, before, after, names))
        elif (value := names.value(model, name, after if whole == "after" else before)) != EMPTY:
            rows.append(Row(label_of(model, name), [], one_run(value), []))
    return whole, rows


def _row(model: type[Record], name: str, before: Any, after: Any, names: Names) -> Row:
    label = label_of(model, name)
    written = is_text(model, name) and isinstance(before, str) and isinstance(after, str)
    if written and before and after and max(len(before), len(after)) > SHORT:
        return Row(label, [], [], word_diff(before, after))
    old, new = (names.value(model, name, value) for value in (before, after))
    return Row(label, one_run(old), one_run(new), [])


def _note(change: Change, rows: list[Row]) -> str:
    entry = change.entry
    if entry.kind == ERASURE and entry.state:
        numbers = fields_of(entry.state).get("entries", [])
        said = gettext("The content of these entries was erased: {numbers}.")
        return said.format(numbers=", ".join(map(str, numbers)))
    if entry.erased:
        return gettext("What this entry said was erased; its place in the ledger is kept.")
    return "" if rows else gettext("None of its fields changed.")


def _actor(actor: str) -> str:
    """Who did it: an account's handle; a command or a database's role is called so."""
    sort, colon, name = actor.partition(":")
    said = {
        "command": gettext("the command {name}"),
        "database": gettext("the database's role {name}"),
    }.get(sort)
    return said.format(name=name) if colon and said else actor


def _then(record: Any, user: Any) -> Then:
    """Read a record and its parts in the database of the past."""
    fields = []
    for field in record._meta.concrete_fields:
        if field.name in BOOKKEEPING:
            continue
        if field.is_relation:
            other = getattr(record, field.name)
            value = _called(other) if other is not None else EMPTY
        else:
            value = plain(field, getattr(record, field.name))
        fields.append((label_of(type(record), field.name), value))
    for field in record._meta.many_to_many:
        others = ", ".join(_called(other) for other in getattr(record, field.name).all())
        fields.append((label_of(type(record), field.name), others or EMPTY))
    parts = [_then(part, user) for part in _parts(record, user)]
    return Then(capfirst(record._meta.verbose_name), name_of(record), fields, parts)


def _called(other: Any) -> str:
    return name_of(other) if isinstance(other, Record) else f"@{other}"


def _parts(record: Any, user: Any) -> Iterator[Any]:
    alias = record._state.db
    for model in recorded_models():
        for name in model.part_of:
            if model._meta.get_field(name).related_model is type(record):
                rows = model._default_manager.using(alias).filter(**{name: record})
                yield from rows.visible_to(user)
