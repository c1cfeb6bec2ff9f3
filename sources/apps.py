"""App configuration of sources."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from claimsapi.core.i18n.labels import TranslatedLabels


class SourcesConfig(TranslatedLabels, AppConfig):
    name = "sources"
    verbose_name = _("Sources")
