"""What all pages of editorial records share.

A page writes only on the state of the record that the person saw, and what the database or a rule
refuses is said on the page, with everything typed still there.
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

from claimsapi.core.admin.history import HistoryAdmin, as_uuid
from claimsapi.core.database.guards import describe_violation
from claimsapi.core.errors import DomainError
from claimsapi.core.forms import LinesField, PartForm, PartFormSet, RecordForm
from claimsapi.core.models import User

Refusal: Final = (DomainError, IntegrityError)
RECORD_FIELDS: Final = (("public_id", "revision"), ("created_at", "updated_at"))


def truncate_text(text: str, length: int = 100) -> str:
    """Return the beginning of a text, for a column of a list."""
    return Truncator(text).chars(length)


def error_messages(refusal: DomainError | IntegrityError) -> Sequence[str]:
    """Say in plain words, one sentence per fault, what was refused and why."""
    if isinstance(refusal, DomainError):
        return refusal.missing or (str(refusal),)
    if isinstance(refusal, ProtectedError):
        held_by = sorted({str(o._meta.verbose_name) for o in refusal.protected_objects})
        said = gettext("It cannot be deleted: other records rest on it ({kinds}).")
        return (said.format(kinds=", ".join(held_by)),)
    return (describe_violation(refusal),)


class RefusingAdmin(admin.ModelAdmin):
    """Shows what was refused: on the form again if there is one, else as a message."""

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002  Django's
        **kwargs: Any,
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        faults = getattr(request, "refused", ())
        if not faults:
            return form

        class RefusedForm(form):  # type: ignore[valid-type, misc]
            def clean(self) -> Any:
                cleaned = super().clean()
                for fault in faults:
                    self.add_error(None, fault)
                return cleaned

        return RefusedForm

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            # The transaction is rolled back; a second pass shows the form with what was typed.
            request.refused = error_messages(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(self.page_url("change", object_id))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        try:
            with transaction.atomic():  # an action happens for all selected records or for none
                return super().changelist_view(request, extra_context)
        except Refusal as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(request.get_full_path())

    def tell(self, request: HttpRequest, refusal: DomainError | IntegrityError) -> None:
        for sentence in error_messages(refusal):
            self.message_user(request, sentence, messages.ERROR)

    def page_url(self, page: str, *arguments: Any) -> str:
        """The address of one of this model's pages: 'change', 'delete', 'changelist' and so on."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=arguments)


class _LookedUp:
    """A field that says to everyone what it is, and that takes keys only.

    Of the keys that a form came back with it shows those that are keys at all: Django's widgets
    look all of them up to show them again; what is none is the field's error.
    """

    field: Any

    @property
    def media(self) -> forms.Media:
        given: forms.Media = super().media  # type: ignore[misc]
        # What stands in one list comes in its order.
        before = ["admin/js/jquery.init.js", "admin/js/autocomplete.js"]
        return given + forms.Media(js=[*before, "desk/lookup.js"])

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        attrs: dict[str, Any] = super().build_attrs(base_attrs, extra_attrs)  # type: ignore[misc]
        # What opens belongs to the page's main part, where a screen reader looks for it.
        return {**attrs, "data-dropdown-parent": "#content-start"}

    def optgroups(self, name: str, value: Sequence[Any], attr: Any = None) -> Any:
        kept = [key for key in value if key in (None, "") or self._is_key(key)]
        return super().optgroups(name, kept, attr)  # type: ignore[misc]

    def _is_key(self, key: Any) -> bool:
        of = self.field.remote_field.model._meta.pk
        try:
            of.run_validators(of.to_python(key))
        except ValidationError:
            return False
        return True


class LookedUpOne(_LookedUp, AutocompleteSelect):
    """One record, looked up by typing."""


class LookedUpMany(_LookedUp, AutocompleteSelectMultiple):
    """Several records, looked up by typing."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        # Each record has its own cross; Select2's for all stands among them as none of the list.
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return {**attrs, "data-allow-clear": "false"}


class LookedUpField(forms.ModelMultipleChoiceField):
    """Several records; a number that is too large for a key is no choice."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except OverflowError:
            fault = self.error_messages["invalid_list"]
            raise ValidationError(fault, code="invalid_list") from None


@cache
def _named_alone(field: models.Field) -> Callable[[Any], str]:
    """A column that shows what a record's field shows, without a link."""

    @admin.display(description=field.verbose_name)
    def named(record: Any) -> str:
        return str(getattr(record, field.name) or "-")

    return named


def _replaced(line: Any, instead: dict[str, Any]) -> Any:
    """A line of a fieldset, one name or several, with some in place of others."""
    if isinstance(line, list | tuple):
        return tuple(_replaced(name, instead) for name in line)
    return instead.get(line, line)


def _is_prose(field: models.Field) -> bool:
    """Whether a field holds words of any language, rather than an address, a code or a choice."""
    if isinstance(field, models.SlugField) or field.choices:
        return False
    codes = ("url", "site", "language", "sha256", "media_type")
    return isinstance(field, models.CharField | models.TextField) and field.name not in codes


class RecordFields(BaseModelAdmin):
    """How the fields of records are edited, on a page of their own and as parts of another's."""

    # Fields shown as a text area, by the number of its rows.
    rows: ClassVar[dict[str, int]] = {}

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> Any:
        verbatim = db_field.name in getattr(self.model, "verbatim", ())
        if verbatim or isinstance(db_field, models.TextField) or db_field.name in self.rows:
            area = AdminTextareaWidget(attrs={"rows": self.rows.get(db_field.name, 4)})
            kwargs |= {"form_class": LinesField, "strip": not verbatim, "widget": area}
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if _is_prose(db_field) and field is not None:
            field.widget.attrs["dir"] = "auto"  # Hebrew is written from the right, beside English
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            # A red cross beside a choice reads as 'clear it', and would delete the record itself.
            field.widget.can_delete_related = False
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LookedUpOne(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", LookedUpMany(db_field, self.admin_site))
        kwargs.setdefault("form_class", LookedUpField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, *self._unlinked(request).values())

    def unlinked(self, request: HttpRequest, fieldsets: Any) -> list[Any]:
        """Name people without a link where the page of their account is not for this person."""
        instead = self._unlinked(request)
        return [
            (title, {**shown, "fields": [_replaced(line, instead) for line in shown["fields"]]})
            for title, shown in fieldsets
        ]

    def _unlinked(self, request: HttpRequest) -> dict[str, Any]:
        accounts: Any = self.admin_site.get_model_admin(User)
        if accounts.has_view_permission(request):
            return {}
        fields = self.model._meta.fields
        return {f.name: _named_alone(f) for f in fields if f.related_model is User}

    def get_field_queryset(
        self,
        db: str | None,  # noqa: ARG002
        db_field: Any,
        request: HttpRequest,
    ) -> QuerySet[Any] | None:
        """Offer what the related page reads: with what names it, without its text."""
        try:
            related = self.admin_site.get_model_admin(db_field.remote_field.model)
        except NotRegistered:
            return None
        return related.get_queryset(request)


class RecordChangeList(ChangeList):
    """A list that loads for its page of rows what their columns show.

    A filter that no calendar or column holds is answered as one of the wrong form is.
    """

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        with _lookups_that_fit():
            rows = super().get_queryset(request, exclude_parameters)
        # Django leaves list_select_related out where the page's queryset joins something itself.
        if isinstance(self.list_select_related, list | tuple):
            rows = rows.select_related(*self.list_select_related)
        return self.model_admin.for_list(rows)  # type: ignore[attr-defined, no-any-return]

    def get_results(self, request: HttpRequest) -> None:
        with _lookups_that_fit():  # some values fail only where the database's driver takes them
            super().get_results(request)
        if not self.result_count:
            self.model_admin.tell_of_deleted(request, self.query)  # type: ignore[attr-defined]


@contextmanager
def _lookups_that_fit() -> Iterator[None]:
    try:
        yield
    except (OverflowError, ValueError, DatabaseError) as fault:
        raise IncorrectLookupParameters(fault) from fault


class RecordAdmin(RecordFields, HistoryAdmin, RefusingAdmin):
    """The base of every editorial record's pages.

    ``named_by`` lists the relations that ``str()`` of the record reads. A page that is saved names
    the revision that it was based on; the record is locked meanwhile.
    """

    form = RecordForm
    list_per_page = 50
    show_full_result_count = False
    named_by: ClassVar[tuple[str, ...]] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        return RecordChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.named_by) if self.named_by else rows

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Load with the rows of a list what its columns read."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        public_id = as_uuid(search_term.strip())
        if public_id is None:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(public_id=public_id), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        record = super().get_object(request, object_id, from_field)
        if record is None or request.method != "POST":
            return record
        # Two people who save at once wait for each other here, in the transaction of the view.
        try:
            return record.locked()
        except self.model.DoesNotExist:
            return None

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        seen = ("seen_revision",) if self.has_change_permission(request, obj) else ()
        record = {"fields": (*seen, *RECORD_FIELDS)}
        return self.unlinked(request, [*self.own_fieldsets(request, obj), (_("Record"), record)])

    def own_fieldsets(self, request: HttpRequest, obj: Any) -> Any:
        """The fieldsets of the change page beside what every record has."""
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, *(name for line in RECORD_FIELDS for name in line))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # A slug that was given is an address that others may hold: a new name does not change it.
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        # Nothing changed, nothing written: no revision and no ledger entry that says nothing.
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:  # noqa: ARG002
        for record in queryset:  # one by one, as each tells the record that it is a part of
            record.delete()


class RecordInline(RecordFields, admin.StackedInline):
    """Records shown and edited as parts of another's page, each on the revision that was seen."""

    form = PartForm
    formset = PartFormSet
    extra = 0
    show_change_link = True

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": ("seen_revision",)}))
        return self.unlinked(request, fieldsets)


class ReadOnlyInline(RecordInline):
    """Records shown as parts of another's page, and changed elsewhere."""

    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
