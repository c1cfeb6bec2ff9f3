"""What the desk's templates say about records."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.apps import apps
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from claimsapi.core.partial_date import PartialDate

register = template.Library()


@register.simple_tag
def desk_stylesheets() -> list[str]:
    """Return the static paths that installed apps declare in ``AppConfig.desk_stylesheets``."""
    # In the order of INSTALLED_APPS: core first, so that rules of the other apps come later.
    return [
        path
        for app_config in apps.get_app_configs()
        for path in getattr(app_config, "desk_stylesheets", ())
    ]


@register.filter
def as_written(date: PartialDate) -> str:
    """A date as people write it: '12 March 2025', 'March 2025', '2025', 'undated'."""
    match date.day, date.precision:
        case None, _precision:
            return _("undated")
        case known, "year":
            return date_format(known, "Y")
        case known, "month":
            return date_format(known, "YEAR_MONTH_FORMAT")
        case known, _precision:
            return date_format(known, _("j F Y"))


@register.filter
def of(values: Mapping[str, Any], name: str) -> Any:
    """What the mapping has by this name."""
    return values[name]


@register.filter
def verbatim(text: str) -> SafeString:
    """A source's own words, character by character: HTML would read a carriage return as a line."""
    return mark_safe(escape(text).replace("\r", "&#13;"))  # noqa: S308  escaped just there


@register.filter
def day(moment: datetime) -> str:
    """The day of a moment, in UTC."""
    return date_format(moment.astimezone(UTC), _("j F Y"))


@register.filter
def minute(moment: datetime) -> str:
    """A moment to the minute, in UTC."""
    form = _("j F Y, H:i")
    return f"{date_format(moment.astimezone(UTC), form)} UTC"
