"""The app of claims."""

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "claims"

    def ready(self) -> None:
        from claims import visibility  # noqa: F401, PLC0415  registers rules over loaded models
