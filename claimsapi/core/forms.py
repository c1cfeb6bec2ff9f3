"""Forms of the desk, which reject a record that changed after the page was opened."""

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
    "Another user deleted this record after you opened the page. Copy the text that you need, "
    "and remove the row."
)
CURRENT_VALUE_LENGTH = 300  # characters of the current value of a field
REVISION_MISSING = _("The page sent no revision of the record. Open the record again.")


class MultiLineField(forms.CharField):
    """Text of several lines, with LF as line end.

    Browsers send each line end as CRLF. Without normalization, saving an unchanged page would
    change the text.
    """

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return normalize_newlines(text) if isinstance(text, str) else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(normalize_newlines(initial or ""), data)


class SeenRevisionField(forms.IntegerField):
    """The revision that the page showed. A difference does not count as a change of the form."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002
        return False


class RecordForm(forms.ModelForm):
    """Form of a record that is invalid, and keeps its input, if the record changed meanwhile."""

    seen_revision = SeenRevisionField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.initial["seen_revision"] = self.instance.revision

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk is None:
            # A new row has no revision: a row with one was deleted after the page was opened.
            if self.cleaned_data.get("seen_revision") is not None:
                raise ValidationError(RECORD_DELETED)
            return cleaned
        if self.may_write() and (error := self.find_conflict()):
            raise ValidationError(error, code="stale")
        for name, field in self.fields.items():
            if isinstance(field, MultiLineField) and name not in self.changed_data:
                self.cleaned_data[name] = self.initial.get(name)  # keep the stored line ends
        return cleaned

    def may_write(self) -> bool:
        """Return whether the form writes the record if it is valid."""
        return True

    def find_conflict(self) -> str:
        """Return an error message if the record changed since the page was opened, else empty."""
        revision = self.cleaned_data.get("seen_revision")
        if revision is None:
            return str(REVISION_MISSING)
        if revision == self.instance.revision:
            return ""
        last = Entry.objects.filter(object=self.instance.public_id).order_by("-id").first()
        return format_html(
            gettext(
                "Nothing was saved: the record was changed since you opened this page, last by "
                '{actor}. Your input is below. <a href="" target="_blank" rel="noopener">'
                "Open the current record</a> in another tab and copy your changes to it. "
                "{differences}"
            ),
            actor=last.actor if last is not None else gettext("somebody"),
            differences=self._describe_differences(),
        )

    def _describe_differences(self) -> str:
        """Return the current values of the fields that the form changes, as HTML."""
        if not self.changed_data:
            return gettext("Your fields have the same values there.")
        items = format_html_join(
            "",
            '<li>{}: <q dir="auto">{}</q></li>',
            ((self[name].label, self._format_current_value(name)) for name in self.changed_data),
        )
        return format_html("{}<ul>{}</ul>", gettext("Current values:"), items)

    def _format_current_value(self, name: str) -> str:
        """Return the current value of the record's field as readable text."""
        display = getattr(self.instance, f"get_{name}_display", None)
        value = display() if display is not None else getattr(self.instance, name, "")
        if isinstance(value, Manager):
            value = ", ".join(map(str, value.all()))
        return Truncator("—" if value is None or value == "" else str(value)).chars(
            CURRENT_VALUE_LENGTH
        )


class InlineRecordForm(RecordForm):
    """Form of an inline record. It writes the record only if one of its fields changed."""

    def may_write(self) -> bool:
        return self.has_changed()


class InlineRecordFormSet(forms.BaseInlineFormSet):
    """Formset of inline records, which locks them while the page saves."""

    def get_queryset(self) -> QuerySet[Any]:
        loaded = hasattr(self, "_queryset")
        if self.is_bound and not loaded and connection.in_atomic_block:
            if self.queryset is not None:
                self.queryset = self.queryset.select_for_update(of=("self",))
            # Load the rows here, inside the transaction: rendering would not lock them.
            len(super().get_queryset())
        return super().get_queryset()

    def clean(self) -> None:
        super().clean()
        # Django pairs forms and rows by position: None fills the position of a deleted row.
        rows = [f.instance if f.instance.pk is not None else None for f in self.initial_forms]
        if None in rows:
            self._queryset: Any = rows
        for form in self.initial_forms:
            deletes = self._should_delete_form(form)  # type: ignore[attr-defined]  # not in the stubs
            if not isinstance(form, RecordForm) or form.instance.pk is None or not deletes:
                continue
            if error := form.find_conflict():
                raise ValidationError(error, code="stale")
