"""The forms of the desk: what a person typed is based on the state of the record that they saw."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Manager, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claimsapi.core.ledger.models import Entry
from claimsapi.core.text import normalize_newlines

RECORD_DELETED = _(
    "A colleague deleted this since you opened the page. Copy what you need and remove the row."
)
CURRENT_VALUE_LENGTH = 300  # characters of what a field holds now
REVISION_MISSING = _("The page did not say on which revision it was based. Open the record again.")


class MultiLineField(forms.CharField):
    """Text of several lines, which end in LF.

    Browsers send every line end as CRLF: taken as it comes, a text would change by being looked at.
    """

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return normalize_newlines(text) if isinstance(text, str) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(normalize_newlines(initial or ""), data)


class SeenRevisionField(forms.IntegerField):
    """The revision on which a page is based. That it differs is no change of the record."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002
        return False


class RecordForm(forms.ModelForm):
    """A form that is refused, with all that was typed, if the record changed meanwhile."""

    seen_revision = SeenRevisionField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["seen_revision"] = self.instance.revision

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk is None:
            if self.cleaned_data.get("seen_revision") is not None:
                raise ValidationError(RECORD_DELETED)
            return cleaned
        if self.may_write() and (fault := self.find_conflict()):
            raise ValidationError(fault, code="stale")
        for name, field in self.fields.items():
            if isinstance(field, MultiLineField) and name not in self.changed_data:
                self.cleaned_data[name] = self.initial.get(name)  # with the line ends that it has
        return cleaned

    def may_write(self) -> bool:
        """Whether the form, if valid, may write the record."""
        return True

    def find_conflict(self) -> str:
        """Say that the record changed since the page was opened; empty if it did not."""
        seen = self.cleaned_data.get("seen_revision")
        if seen is None:
            return str(REVISION_MISSING)
        if seen == self.instance.revision:
            return ""
        last = Entry.objects.filter(object=self.instance.public_id).order_by("-id").first()
        return format_html(
            gettext(
                "Nothing was saved: the record was changed since you opened this page, last by "
                '{actor}. What you typed is kept below. <a href="" target="_blank" rel="noopener">'
                "Open the record as it is now</a> in another tab and carry your changes over. "
                "{differs}"
            ),
            actor=last.actor if last is not None else gettext("somebody"),
            differs=self._differences(),
        )

    def _differences(self) -> str:
        """What the record holds now where the form holds something else."""
        if not self.changed_data:
            return gettext("Nothing differs there.")
        items = format_html_join(
            "",
            '<li>{}: <q dir="auto">{}</q></li>',
            ((self[name].label, self._present(name)) for name in self.changed_data),
        )
        return format_html("{}<ul>{}</ul>", gettext("There it says now:"), items)

    def _present(self, name: str) -> str:
        """What the record's field holds, in words."""
        shown = getattr(self.instance, f"get_{name}_display", None)
        value = shown() if shown is not None else getattr(self.instance, name, "")
        if isinstance(value, Manager):
            value = ", ".join(map(str, value.all()))
        return Truncator("—" if value is None or value == "" else str(value)).chars(
            CURRENT_VALUE_LENGTH
        )


class InlineRecordForm(RecordForm):
    """The form of a part on the page of its whole: it writes only what was changed."""

    def may_write(self) -> bool:
        return self.has_changed()


class InlineRecordFormSet(forms.BaseInlineFormSet):
    """The parts on the page of their whole, locked while they are saved."""

    def get_queryset(self) -> QuerySet[Any]:
        loaded = hasattr(self, "_queryset")
        if self.is_bound and not loaded and connection.in_atomic_block:
            if self.queryset is not None:
                self.queryset = self.queryset.select_for_update(of=("self",))
            # Now: what is read first when the page is rendered is read outside the transaction.
            len(super().get_queryset())
        return super().get_queryset()

    def clean(self) -> None:
        super().clean()
        # The page pairs the forms with these rows: a row that is gone must not shift the others.
        present = [f.instance if f.instance.pk is not None else None for f in self.initial_forms]
        if None in present:
            self._queryset: Any = present
        for form in self.initial_forms:
            deletes = self._should_delete_form(form)  # type: ignore[attr-defined]  # not in the stubs
            if not isinstance(form, RecordForm) or form.instance.pk is None or not deletes:
                continue
            if fault := form.find_conflict():
                raise ValidationError(fault, code="stale")
