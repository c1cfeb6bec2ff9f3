"""The desk's page for keys of the Fact Check Tools API, with the usage of each key."""

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

_REPORT_DAYS: Final = 30


@admin.register(ApiKey)
class ApiKeyAdmin(SecretAdmin):
    """API keys of programs. Requests are counted by UTC day."""

    secret_title = _("The key")
    secret_instruction = _("Copy the key to the program that uses it. It will not be shown again.")
    list_display = ("name", "prefix", "is_active", "requests_today", "recent_requests", "made_at")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "prefix")
    readonly_fields = ("prefix", "made_at", "requests_by_day")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        today = timezone.now().date()

        def count_since(days: int) -> Any:
            counts = ApiKeyCount.objects.filter(
                key=OuterRef("pk"), day__gt=today - timedelta(days=days)
            )
            # A subquery, since a join would count each key once per day.
            total = counts.order_by().values("key").annotate(total=Sum("requests")).values("total")
            return Coalesce(Subquery(total), 0)

        keys = super().get_queryset(request)
        annotated: QuerySet[Any] = keys.annotate(
            today_count=count_since(1), recent_count=count_since(_REPORT_DAYS)
        )
        return annotated

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ARG002
        if obj is None:
            return ("name",)
        return ("name", "is_active", "prefix", "made_at", "requests_by_day")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if change:
            super().save_model(request, obj, form, change)
            return
        request.secret = create_api_key(key=obj)  # type: ignore[attr-defined]

    @admin.display(description=_("requests today"), ordering="today_count")
    def requests_today(self, key: Any) -> str:
        return number_format(key.today_count, force_grouping=True)

    @admin.display(description=_("requests in 30 days"), ordering="recent_count")
    def recent_requests(self, key: Any) -> str:
        return number_format(key.recent_count, force_grouping=True)

    @admin.display(description=_("requests by day"))
    def requests_by_day(self, key: ApiKey) -> str:
        rows = key.counts.order_by("-day").values_list("day", "requests")[:_REPORT_DAYS]
        counts = [
            (date_format(day, "DATE_FORMAT"), number_format(requests, force_grouping=True))
            for day, requests in rows
        ]
        if not counts:
            return gettext("None yet.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", counts))
