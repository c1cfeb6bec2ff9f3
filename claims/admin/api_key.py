"""The desk's page of the keys of the Fact Check Tools API, with how often each was used."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.admin.secret import SecretAdmin
from claims.exchange.factcheck.api_keys import create_api_key
from claims.models import ApiKey, ApiKeyCount

_DAYS: Final = 30


@admin.register(ApiKey)
class ApiKeyAdmin(SecretAdmin):
    """Keys of programs; what they ask is counted by the day (UTC)."""

    secret_title = _("The key")
    secret_told = _("Copy it now into the program that asks: it is shown this once.")
    list_display = ("name", "prefix", "is_active", "today", "lately", "made_at")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "prefix")
    readonly_fields = ("prefix", "made_at", "days")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        today = timezone.now().date()

        def since(days: int) -> Any:
            counts = ApiKeyCount.objects.filter(
                key=OuterRef("pk"), day__gt=today - timedelta(days=days)
            )
            total = counts.order_by().values("key").annotate(total=Sum("requests")).values("total")
            return Coalesce(Subquery(total), 0)

        keys = super().get_queryset(request)
        counted: QuerySet[Any] = keys.annotate(of_today=since(1), of_days=since(_DAYS))
        return counted

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        return ("name",) if obj is None else ("name", "is_active", "prefix", "made_at", "days")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if change:
            super().save_model(request, obj, form, change)
            return
        request.secret = create_api_key(key=obj)  # type: ignore[attr-defined]

    @admin.display(description=_("requests today"), ordering="of_today")
    def today(self, key: Any) -> str:
        return number_format(key.of_today, force_grouping=True)

    @admin.display(description=_("requests in 30 days"), ordering="of_days")
    def lately(self, key: Any) -> str:
        return number_format(key.of_days, force_grouping=True)

    @admin.display(description=_("requests by day"))
    def days(self, key: ApiKey) -> str:
        counts = [
            (date_format(day, "DATE_FORMAT"), number_format(requests, force_grouping=True))
            for day, requests in key.counts.order_by("-day").values_list("day", "requests")[:_DAYS]
        ]
        if not counts:
            return gettext("None yet.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", counts))
