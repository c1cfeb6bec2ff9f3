"""The app of claims."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from claims.search.stemming import teach


class ClaimsConfig(AppConfig):
    name = "claims"

    def ready(self) -> None:
        connection_created.connect(teach)
        from claims import visibility  # noqa: F401, PLC0415  registers rules over loaded models
