"""Base classes of the admin pages of records.

A page saves only if the record still has the revision that the page showed. An error of the
database or of a rule appears on the page, and the form keeps its input.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import (
    AdminTextareaWidget,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
    RelatedFieldWidgetWrapper,
)
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import QuerySet
from django.db.models.deletion import ProtectedError
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claimsapi.core.admin.history import HistoryAdmin, parse_uuid
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.errors import DomainError
from claimsapi.core.forms import InlineRecordForm, InlineRecordFormSet, MultiLineField, RecordForm
from claimsapi.core.models import User

REFUSAL_ERRORS: Final = (DomainError, IntegrityError)
RECORD_FIELDS: Final = (("public_id", "revision"), ("created_at", "updated_at"))


def truncate_text(text: str, length: int = 100) -> str:
    """Cut a text to ``length`` characters for a list column."""
    return Truncator(text).chars(length)


def error_messages(error: DomainError | IntegrityError) -> Sequence[str]:
    """Return the readable messages of a rule's or the database's error."""
    if isinstance(error, DomainError):
        return error.missing or (str(error),)
    if isinstance(error, ProtectedError):
        kinds = sorted({str(record._meta.verbose_name) for record in error.protected_objects})
        message = gettext("Cannot delete this record: other records refer to it ({kinds}).")
        return (message.format(kinds=", ".join(kinds)),)
    return (describe_violation(error),)


class RefusalAdmin(admin.ModelAdmin):
    """Shows errors of rules and of the database on the form, or as a message without a form."""

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002  Django's
        **kwargs: Any,
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        errors = getattr(request, "refusal_messages", ())
        if not errors:
            return form

        class FormWithErrors(form):  # type: ignore[valid-type, misc]
            def clean(self) -> Any:
                cleaned = super().clean()
                for error in errors:
                    self.add_error(None, error)
                return cleaned

        return FormWithErrors

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except REFUSAL_ERRORS as error:
            # The transaction is rolled back. The second call renders the form with its input.
            request.refusal_messages = error_messages(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except REFUSAL_ERRORS as error:
            self.report_refusal(request, error)
            return HttpResponseRedirect(self.page_url("change", object_id))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        try:
            with transaction.atomic():  # an action changes all selected records or none
                return super().changelist_view(request, extra_context)
        except REFUSAL_ERRORS as error:
            self.report_refusal(request, error)
            return HttpResponseRedirect(request.get_full_path())

    def report_refusal(self, request: HttpRequest, error: DomainError | IntegrityError) -> None:
        """Show an error as messages on the next page."""
        for message in error_messages(error):
            self.message_user(request, message, messages.ERROR)

    def page_url(self, page: str, *arguments: Any) -> str:
        """Return the URL of an admin page of this model, such as ``change`` or ``changelist``."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=arguments)


class _RecordSelectMixin:
    """Autocomplete widget with accessible labels that ignores malformed keys.

    Django's widget queries every submitted key to render it again, and fails on malformed keys.
    Only the field's validation reports them.
    """

    field: Any

    @property
    def media(self) -> forms.Media:
        media: forms.Media = super().media  # type: ignore[misc]
        # One list keeps its order: lookup.js must run after the scripts that it extends.
        scripts = ["admin/js/jquery.init.js", "admin/js/autocomplete.js", "desk/lookup.js"]
        return media + forms.Media(js=scripts)

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)  # type: ignore[misc]
        # The dropdown opens inside the main region, where screen readers expect it.
        return {**attrs, "data-dropdown-parent": "#content-start"}

    def optgroups(self, name: str, value: Sequence[Any], attr: Any = None) -> Any:
        keys = [key for key in value if key in (None, "") or self._is_key(key)]
        return super().optgroups(name, keys, attr)  # type: ignore[misc]

    def _is_key(self, key: Any) -> bool:
        primary_key = self.field.remote_field.model._meta.pk
        try:
            primary_key.run_validators(primary_key.to_python(key))
        except ValidationError:
            return False
        return True


class RecordSelect(_RecordSelectMixin, AutocompleteSelect):
    """Autocomplete widget for one record."""


class RecordSelectMultiple(_RecordSelectMixin, AutocompleteSelectMultiple):
    """Autocomplete widget for several records."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        # Each record has its own clear button. Select2 puts its button for all into the
        # list without a list role, which is an accessibility error.
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-allow-clear": "false"}


class RecordMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Choice of several records that rejects numbers beyond the range of keys."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            message = self.error_messages["invalid_list"]
            raise ValidationError(message, code="invalid_list") from None


@cache
def _unlinked_column(field: models.Field) -> Callable[[Any], str]:
    """Return a read-only column with the text of a relation, without a link."""

    @admin.display(description=field.verbose_name)
    def column(record: Any) -> str:
        return str(getattr(record, field.name) or "-")

    return column


def _replace_fields(line: Any, replacements: dict[str, Any]) -> Any:
    """Replace fields in a line of a fieldset, which is one name or several."""
    if isinstance(line, list | tuple):
        return tuple(_replace_fields(name, replacements) for name in line)
    return replacements.get(line, line)


def _is_prose(field: models.Field) -> bool:
    """Return whether a field holds text of any language, rather than a URL, a code or a choice."""
    if isinstance(field, models.SlugField) or field.choices:
        return False
    codes = ("url", "site", "language", "sha256", "media_type")
    return isinstance(field, models.CharField | models.TextField) and field.name not in codes


class RecordFields(BaseModelAdmin):
    """Form fields of records, for change pages and for inlines."""

    # Number of text area rows by field name.
    rows: ClassVar[dict[str, int]] = {}

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        verbatim = db_field.name in getattr(self.model, "verbatim", ())
        if verbatim or isinstance(db_field, models.TextField) or db_field.name in self.rows:
            area = AdminTextareaWidget(attrs={"rows": self.rows.get(db_field.name, 4)})
            kwargs |= {"form_class": MultiLineField, "strip": not verbatim, "widget": area}
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if _is_prose(db_field) and field is not None:
            field.widget.attrs["dir"] = "auto"  # right-to-left and left-to-right texts share a page
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # The red cross looks like "clear this choice", but it deletes the related record.
            field.widget.can_delete_related = False
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RecordSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RecordSelectMultiple(db_field, self.admin_site))
        kwargs.setdefault("form_class", RecordMultipleChoiceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, *self._account_columns(request).values())

    def unlink_accounts(self, request: HttpRequest, fieldsets: Any) -> list[Any]:
        """Replace account fields by columns without a link if the user may not view accounts."""
        columns = self._account_columns(request)
        return [
            (
                title,
                {
                    **options,
                    "fields": [_replace_fields(line, columns) for line in options["fields"]],
                },
            )
            for title, options in fieldsets
        ]

    def _account_columns(self, request: HttpRequest) -> dict[str, Any]:
        accounts: Any = self.admin_site.get_model_admin(User)
        if accounts.has_view_permission(request):
            return {}
        fields = self.model._meta.fields
        return {f.name: _unlinked_column(f) for f in fields if f.related_model is User}

    def get_field_queryset(
        self,
        db: str | None,  # noqa: ARG002
        db_field: Any,
        request: HttpRequest,
    ) -> QuerySet[Any] | None:
        """Use the queryset of the related admin, which loads names and defers long texts."""
        try:
            related = self.admin_site.get_model_admin(db_field.remote_field.model)
        except NotRegistered:
            return None
        return related.get_queryset(request)


class RecordChangeList(ChangeList):
    """Change list that prefetches the relations of its columns.

    A filter value out of the range of its column counts as an incorrect lookup.
    """

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        with _report_lookup_errors():
            rows = super().get_queryset(request, exclude_parameters)
        # Django ignores list_select_related if the admin's queryset has its own select_related.
        if isinstance(self.list_select_related, list | tuple):
            rows = rows.select_related(*self.list_select_related)
        return self.model_admin.prefetch_for_list(rows)  # type: ignore[attr-defined, no-any-return]

    def get_results(self, request: HttpRequest) -> None:
        with _report_lookup_errors():  # some values fail only in the database driver
            super().get_results(request)
        if not self.result_count:
            self.model_admin.link_to_deleted_record(request, self.query)  # type: ignore[attr-defined]


@contextmanager
def _report_lookup_errors() -> Iterator[None]:
    try:
        yield
    except (OverflowError, ValueError, DatabaseError) as error:
        raise IncorrectLookupParameters(error) from error


class RecordAdmin(RecordFields, HistoryAdmin, RefusalAdmin):
    """Base class of the admin pages of records.

    ``name_relations`` lists the relations that ``str()`` of the record reads. A submitted page
    sends the revision that it showed, and the view locks the record while it saves.
    """

    form = RecordForm
    list_per_page = 50
    show_full_result_count = False
    name_relations: ClassVar[tuple[str, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return RecordChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.name_relations) if self.name_relations else rows

    def prefetch_for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Prefetch the relations that the list columns read."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        public_id = parse_uuid(search_term.strip())
        if public_id is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(public_id=public_id), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        record = super().get_object(request, object_id, from_field)
        if record is None or request.method != "POST":
            return record
        # Two simultaneous saves wait for each other at this lock, in the transaction of the view.
        try:
            return record.lock()
        except self.model.DoesNotExist:
            return None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        revision = ("seen_revision",) if self.has_change_permission(request, obj) else ()
        record_fieldset = (_("Record"), {"fields": (*revision, *RECORD_FIELDS)})
        fieldsets = [*self.record_fieldsets(request, obj), record_fieldset]
        return self.unlink_accounts(request, fieldsets)

    def record_fieldsets(self, request: HttpRequest, obj: Any) -> Any:
        """Return the fieldsets of the change page, without the fields that every record has."""
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, *(name for line in RECORD_FIELDS for name in line))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # An existing slug is part of a public URL: a new name does not change it.
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        # Without a change, write nothing: no new revision and no empty ledger entry.
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # noqa: ARG002
        for record in queryset:  # one by one: delete() also increments the parent's revision
            record.delete()


class RecordInline(RecordFields, admin.StackedInline):
    """Inline of records, each with the revision that the page showed."""

    form = InlineRecordForm
    formset = InlineRecordFormSet
    extra = 0
    show_change_link = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": ("seen_revision",)}))
        return self.unlink_accounts(request, fieldsets)


class ReadOnlyInline(RecordInline):
    """Read-only inline of records."""

    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
