"""What the desk's templates say about records."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from claimsapi.core.partial_date import PartialDate

register = template.Library()


@register.filter
def as_written(date: PartialDate) -> str:
    """A date as people write it: '12 March 2025', 'March 2025', '2025', 'undated'."""
    match date.day, date.precision:
        case None, _precision:
            return _("undated")
        case day, "year":
            return date_format(day, "Y")
        case day, "month":
            return date_format(day, "YEAR_MONTH_FORMAT")
        case day, _precision:
            return date_format(day, _("j F Y"))


@register.filter
def of(values: Mapping[str, Any], name: str) -> Any:
    """What the mapping has by this name."""
    return values[name]


@register.filter
def verbatim(text: str) -> SafeString:
    """A source's own words, character by character: HTML would read a carriage return as a line."""
    return mark_safe(escape(text).replace("\r", "&#13;"))  # noqa: S308  escaped just there
