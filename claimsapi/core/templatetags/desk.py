"""Template tags and filters of the desk."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.apps import apps
from django.utils.formats import date_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.word_diff import Run, RunKind

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
def partial_date(date: PartialDate) -> str:
    """Format a partial date for reading: '12 March 2025', 'March 2025', '2025', 'undated'."""
    match date.day, date.precision:
        case None, _precision:
            return _("undated")
        case first_day, "year":
            return date_format(first_day, "Y")
        case first_day, "month":
            return date_format(first_day, "YEAR_MONTH_FORMAT")
        case first_day, _precision:
            return date_format(first_day, _("j F Y"))


@register.filter
def lookup(values: Mapping[str, Any], name: str) -> Any:
    """Return the value of a mapping at a key that is a variable."""
    return values[name]


@register.filter
def verbatim(text: str) -> SafeString:
    """Escape a text and preserve its carriage returns, which HTML would read as line feeds."""
    return mark_safe(escape(text).replace("\r", "&#13;"))  # noqa: S308  escape() made it safe


@register.filter
def render_runs(runs: Iterable[Run]) -> SafeString:
    """Render the runs of a word difference, without white space between them."""
    # Not a template: cells keep white space, so each line break in markup would show.
    return format_html_join("", "{}", ((_render_run(run),) for run in runs))


def _render_run(run: Run) -> str:
    match run.kind:
        case RunKind.DELETED:
            return format_html("<del>{}</del>", run.text)
        case RunKind.INSERTED:
            return format_html("<ins>{}</ins>", run.text)
        case RunKind.OMITTED:
            characters = _("%(number)s characters") % {"number": run.text}
            return format_html('<span class="desk-omitted"> [… {} …] </span>', characters)
    return run.text


@register.filter
def day(moment: datetime) -> str:
    """Format the day of a timestamp, in UTC."""
    return date_format(moment.astimezone(UTC), _("j F Y"))


@register.filter
def minute(moment: datetime) -> str:
    """Format a timestamp to the minute, in UTC."""
    pattern = _("j F Y, H:i")
    return f"{date_format(moment.astimezone(UTC), pattern)} UTC"
