"""The app of claims."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from claims.search.stemming import teach
from claimsapi.core.labels import Labelled


class ClaimsConfig(Labelled, AppConfig):
    name = "claims"
    verbose_name = _("Claims")

    def ready(self) -> None:
        super().ready()
        connection_created.connect(teach)
        from claims import visibility  # noqa: F401, PLC0415  registers rules over loaded models
