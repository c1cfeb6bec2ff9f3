"""Admin pages for the history of a record in the ledger, and for the record at a past time."""

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
    RecordKey,
    RecordNames,
    find_record_keys,
    format_name,
    format_value,
    get_label,
    is_text,
    sort_fields,
)
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.ledger.as_of import as_of
from claimsapi.core.ledger.models import ERASURE, Entry
from claimsapi.core.ledger.queries import Change, history
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.state_json import read_fields
from claimsapi.core.models import Record
from claimsapi.core.text import parse_digits
from claimsapi.core.word_diff import Run, diff_words, unchanged_runs

PAGE: Final = 50
SHORT: Final = 60  # characters; longer texts show one difference instead of two columns
ACTIONS: Final = {
    "create": _("created"),
    "change": _("changed"),
    "delete": _("deleted"),
    "adopt": _("added to the ledger in its existing state"),
    "migrate": _("rewritten in a new form"),
}
PART_ACTIONS: Final = ACTIONS | {"create": _("added"), "delete": _("removed")}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a history entry.

    Short values have ``before`` and ``after``. Long texts have ``difference`` instead, with
    deletions and insertions in one text.
    """

    label: str
    before: list[Run]
    after: list[Run]
    difference: list[Run]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """View model of one ledger entry.

    ``full_state`` is ``"after"`` or ``"before"`` if the rows list a complete state of the record
    at that side of the entry. It is empty if the rows list changes only.
    """

    number: int
    at: datetime
    actor: str
    action: str
    part: str
    url: str
    reason: str
    note: str
    full_state: str
    rows: list[FieldRow]


@dataclass(frozen=True, slots=True)
class PastRecord:
    """View model of a record at a past time: its fields by label, and its parts."""

    kind: str
    name: str
    fields: list[tuple[str, str]]
    parts: list["PastRecord"]


class TimestampForm(forms.Form):
    """Asks for a time, in UTC unless the value has another offset."""

    at = forms.DateTimeField(
        label=_("Time (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}),
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        try:
            return at.astimezone(UTC)
        except OverflowError:
            raise ValidationError(_("This time is outside the calendar.")) from None


class HistoryAdmin(admin.ModelAdmin):
    """Admin pages for the history of a record and its parts, and for the record at a past time.

    The URL of a deleted record has its public id in the place of its primary key.
    """

    def describe_action(self, action: str, after: dict[str, Any] | None) -> str:  # noqa: ARG002
        """Return a phrase for an action of this model, such as "published", or an empty string."""
        return ""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        record, public_id = self._find_record(request, unquote(object_id))
        if public_id is None:
            return self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined, no-any-return]
                request, self.opts, object_id
            )
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        base_context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "subtitle": None,
            **(extra_context or {}),
        }
        if "at" in request.GET:
            return self._render_past_record(request, public_id, record, base_context)
        return self._render_history(request, public_id, record, base_context)

    def _find_record(self, request: HttpRequest, key: str) -> tuple[Any, UUID | None]:
        """Return the record and its public id.

        The record is ``None`` after a deletion. Both are ``None`` if the ledger has no such record.
        """
        record: Any = admin.ModelAdmin.get_object(self, request, key)
        if record is not None:
            return record, record.public_id
        public_id = parse_uuid(key)
        if public_id is None:
            return None, None
        record = self.get_queryset(request).filter(public_id=public_id).first()
        return record, public_id if record is not None or self._is_recorded(public_id) else None

    def _is_recorded(self, public_id: UUID) -> bool:
        """Return whether the ledger has an entry of this record."""
        return Entry.objects.filter(object=public_id, kind=self.opts.label_lower).exists()

    def link_to_deleted_record(self, request: HttpRequest, key: str) -> None:
        """Show a link to the history if the search term is the public id of a deleted record."""
        public_id = parse_uuid(key.strip())
        if public_id is None or not self._is_recorded(public_id):
            return
        if self.get_queryset(request).filter(public_id=public_id).exists():
            return  # the record exists, and another filter of the list excludes it
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_history"
        text = gettext('This {kind} was deleted. <a href="{link}">Its history</a> remains.')
        link = reverse(name, args=[public_id])
        message = format_html(text, kind=self.opts.verbose_name, link=link)
        self.message_user(request, message, messages.WARNING)

    def _render_history(
        self, request: HttpRequest, public_id: UUID, record: Any, base_context: dict[str, Any]
    ) -> HttpResponse:
        before = _parse_before(request)
        # One entry more than the page holds tells whether an older page exists.
        changes, names = self._read_changes(request, public_id, before=before, size=PAGE + 1)
        has_older, changes = len(changes) > PAGE, changes[:PAGE]
        record_name = (
            format_name(record) if record is not None else names.get_name(self.model, public_id)
        )
        context = {
            **base_context,
            "title": gettext("History: {name}").format(name=record_name),
            "record_name": record_name,
            "entries": [self._build_entry(change, public_id, names) for change in changes],
            "older": changes[-1].leaf.sequence if has_older else None,
            "newest": before is None,
            "form": TimestampForm(),
        }
        return TemplateResponse(request, "admin/record_history.html", context)

    def latest_changes(self, request: HttpRequest, record: Record, size: int) -> list[HistoryEntry]:
        """Return the last entries of a record and its parts, newest first."""
        changes, names = self._read_changes(request, record.public_id, before=None, size=size)
        return [self._build_entry(change, record.public_id, names) for change in changes]

    def _read_changes(
        self, request: HttpRequest, public_id: UUID, *, before: int | None, size: int
    ) -> tuple[list[Change], RecordNames]:
        # The ledger lists sequenced entries only: sequence the pending ones first.
        sequence_entries()
        changes = history(public_id, request.user, before=before, size=size)
        return changes, _load_names(self.admin_site, request, changes)

    def _build_entry(self, change: Change, record_id: UUID, names: RecordNames) -> HistoryEntry:
        entry = change.entry
        is_part = entry.object != record_id
        model = _get_model(entry)
        full_state, rows = ("", []) if model is None else _build_rows(model, change, names)
        return HistoryEntry(
            number=change.leaf.sequence,
            at=entry.at,
            actor=_describe_actor(entry.actor),
            action=self._describe_change(change, model, is_part=is_part),
            part=names.get_name(model, entry.object) if is_part and model is not None else "",
            url=self._part_url(names, (model, entry.object))
            if is_part and model is not None
            else "",
            reason=entry.reason,
            note=_describe_content(change, rows),
            full_state=full_state,
            rows=rows,
        )

    def _describe_change(self, change: Change, model: type[Record] | None, *, is_part: bool) -> str:
        action = change.entry.action
        if model is None:
            return gettext("Content erased")
        phrase = str((PART_ACTIONS if is_part else ACTIONS).get(action, ""))
        if not phrase and self.admin_site.is_registered(model):
            page = self.admin_site.get_model_admin(model)
            phrase = (
                page.describe_action(action, change.fields)
                if isinstance(page, HistoryAdmin)
                else ""
            )
        phrase = phrase or gettext("changed ({how})").format(how=action.replace("_", " "))
        return capfirst(f"{model._meta.verbose_name} {phrase}" if is_part else phrase)

    def _part_url(self, names: RecordNames, key: RecordKey) -> str:
        """Return the URL of the page of a part, or of its history if the part was deleted.

        Empty if the admin has no page for the model.
        """
        model, public_id = key
        if not self.admin_site.is_registered(model):
            return ""
        base = f"{self.admin_site.name}:{model._meta.app_label}_{model._meta.model_name}"
        part = names.records.get(key)
        if part is None or part.pk is None:
            return reverse(f"{base}_history", args=[public_id])
        return reverse(f"{base}_change", args=[part.pk])

    def _render_past_record(
        self, request: HttpRequest, public_id: UUID, record: Any, base_context: dict[str, Any]
    ) -> HttpResponse:
        form = TimestampForm(request.GET)
        past_record, at = None, None
        if form.is_valid():
            at = form.cleaned_data["at"]
            with as_of(self.model, public_id, at, request.user) as old_record:
                past_record = (
                    _build_past_record(old_record, request.user) if old_record is not None else None
                )
            # A datetime-local field holds whole seconds. Round up: the next second still shows this
            # state, and the second before may show an older one.
            second = at.replace(microsecond=0)
            with suppress(OverflowError):
                second += timedelta(seconds=1 if at != second else 0)
            form = TimestampForm(initial={"at": second.replace(tzinfo=None).isoformat()})
        record_name = (
            format_name(record)
            if record is not None
            else (past_record.name if past_record else str(public_id))
        )
        context = {
            **base_context,
            "title": gettext("Past state: {name}").format(name=record_name),
            "record_name": record_name,
            "at": at,
            "past_record": past_record,
            "form": form,
        }
        return TemplateResponse(request, "admin/record_as_of.html", context)


def parse_uuid(text: str) -> UUID | None:
    """Parse a public id; ``None`` if the text is no UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _parse_before(request: HttpRequest) -> int | None:
    value = request.GET.get("before")
    if value is None:
        return None
    number = parse_digits(value, 18)
    if number is None:
        raise BadRequest("before: use the number of a ledger entry.")
    return number


def _get_model(entry: Entry) -> Any:
    """Return the model of an entry's record; ``None`` for an erasure."""
    return None if entry.kind == ERASURE else apps.get_model(entry.kind)


def _load_names(site: admin.AdminSite, request: HttpRequest, changes: list[Change]) -> RecordNames:
    """Load the names of all records in these changes; deleted records use their last fields."""
    keys: set[RecordKey] = set()
    last_fields: dict[RecordKey, dict[str, Any]] = {}
    for change in changes:
        model = _get_model(change.entry)
        if model is None:
            continue
        key = (model, change.entry.object)
        fields = change.fields or {name: old for name, (old, _) in change.changes.items()}
        # The newest change comes first, so that its fields are the last ones of the record.
        last_fields.setdefault(key, fields)
        keys.add(key)
        for name, values in (
            *change.changes.items(),
            *((name, (value,)) for name, value in fields.items()),
        ):
            for value in values:
                keys.update(find_record_keys(model, name, value))
    names = RecordNames(site, request, keys)
    for (model, public_id), fields in last_fields.items():
        if (model, public_id) not in names.records and fields:
            names.add_deleted(model, public_id, fields)
    return names


def _build_rows(
    model: type[Record], change: Change, names: RecordNames
) -> tuple[str, list[FieldRow]]:
    """Return the kind of full state (see ``HistoryEntry``) and the rows of an entry."""
    changes = change.changes
    if change.entry.erased:
        return "", []
    # created_at changes only when the record is created or deleted.
    old, new = changes.get("created_at", ("", ""))
    full_state = "after" if old is None else "before" if new is None else ""
    rows = []
    for name in sort_fields(model, changes):
        before, after = changes[name]
        if not full_state:
            rows.append(_build_row(model, name, before, after, names))
        elif (
            value := names.format_value(model, name, after if full_state == "after" else before)
        ) != EMPTY:
            rows.append(FieldRow(get_label(model, name), [], unchanged_runs(value), []))
    return full_state, rows


def _build_row(
    model: type[Record], name: str, before: Any, after: Any, names: RecordNames
) -> FieldRow:
    label = get_label(model, name)
    both_texts = is_text(model, name) and isinstance(before, str) and isinstance(after, str)
    if both_texts and before and after and max(len(before), len(after)) > SHORT:
        return FieldRow(label, [], [], diff_words(before, after))
    old, new = (names.format_value(model, name, value) for value in (before, after))
    return FieldRow(label, unchanged_runs(old), unchanged_runs(new), [])


def _describe_content(change: Change, rows: list[FieldRow]) -> str:
    entry = change.entry
    if entry.kind == ERASURE and entry.state:
        numbers = read_fields(entry.state).get("entries", [])
        text = gettext("The content of these entries was erased: {numbers}.")
        return text.format(numbers=", ".join(map(str, numbers)))
    if entry.erased:
        return gettext("The content of this entry was erased. Its position in the ledger remains.")
    return "" if rows else gettext("None of its fields changed.")


def _describe_actor(actor: str) -> str:
    """Return the handle of an account, or a phrase for a command or a database role."""
    kind, colon, name = actor.partition(":")
    phrase = {
        "command": gettext("the command {name}"),
        "database": gettext("the database role {name}"),
    }.get(kind)
    return phrase.format(name=name) if colon and phrase else actor


def _build_past_record(record: Any, user: Any) -> PastRecord:
    """Build the view model of a record and its parts from the database of a past time."""
    fields = []
    for field in record._meta.concrete_fields:
        if field.name in BOOKKEEPING:
            continue
        if field.is_relation:
            other = getattr(record, field.name)
            value = _format_related_name(other) if other is not None else EMPTY
        else:
            value = format_value(field, getattr(record, field.name))
        fields.append((get_label(type(record), field.name), value))
    for field in record._meta.many_to_many:
        others = ", ".join(
            _format_related_name(other) for other in getattr(record, field.name).all()
        )
        fields.append((get_label(type(record), field.name), others or EMPTY))
    parts = [_build_past_record(part, user) for part in _find_parts(record, user)]
    return PastRecord(capfirst(record._meta.verbose_name), format_name(record), fields, parts)


def _format_related_name(other: Any) -> str:
    return format_name(other) if isinstance(other, Record) else f"@{other}"


def _find_parts(record: Any, user: Any) -> Iterator[Any]:
    alias = record._state.db
    for model in recorded_models():
        for name in model.part_of:
            if model._meta.get_field(name).related_model is type(record):
                rows = model._default_manager.using(alias).filter(**{name: record})
                yield from rows.visible_to(user)
