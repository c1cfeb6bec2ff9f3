"""App configuration of claims, which connects the subscribers of workflow events."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from claims.read_models.stemming import register_search_stems
from claimsapi.core.i18n.labels import TranslatedLabels


class ClaimsConfig(TranslatedLabels, AppConfig):
    name = "claims"
    verbose_name = _("Claims")
    desk_stylesheets = ("desk/claims.css",)

    def ready(self) -> None:
        super().ready()
        connection_created.connect(register_search_stems)
        # Imports inside ready(): these modules need the loaded models.
        from claims import visibility  # noqa: F401, PLC0415  registers conditions of public sources
        from claims.exchange.importing import on_publish  # noqa: PLC0415
        from claims.webhooks import outbox  # noqa: PLC0415
        from claims.workflow.events import (  # noqa: PLC0415
            VERSION_PUBLISHED,
            VERSION_RETRACTED,
        )

        # The importer comes first: it writes the statements that the webhook payload contains.
        VERSION_PUBLISHED.subscribe(on_publish.record_markup)
        VERSION_PUBLISHED.subscribe(outbox.queue_publication)
        VERSION_RETRACTED.subscribe(outbox.queue_retraction)
