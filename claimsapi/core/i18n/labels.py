"""Translates the labels that Django derives from the names of models and fields.

Django derives the label 'created at' from ``created_at``. The code does not repeat each of these
labels for translation: this module translates the derived ones and lists them for the catalog.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy


class TranslatedLabels:
    """A mixin for an ``AppConfig``: derived labels of its models appear in the reader's language.

    It is no ``AppConfig`` itself: Django accepts only one subclass of ``AppConfig`` in the module
    of an app.
    """

    def ready(self) -> None:
        super().ready()  # type: ignore[misc]  # of the AppConfig
        for model in self.get_models(include_auto_created=True):  # type: ignore[attr-defined]
            meta = model._meta
            # The plural comes first: Django derives it from the singular.
            for name in ("verbose_name_plural", "verbose_name"):
                if name not in meta.original_attrs:
                    setattr(meta, name, gettext_lazy(str(getattr(meta, name))))
            for field in _fields_without_label(model):
                field.verbose_name = gettext_lazy(str(field.verbose_name))


def derived_labels() -> Iterator[tuple[str, str]]:
    """Yield every derived label with the module of its model."""
    for config in apps.get_app_configs():
        if not isinstance(config, TranslatedLabels):
            continue
        for model in config.get_models():
            meta = model._meta
            if not meta.default_permissions:
                continue  # without permissions, no page shows the model
            for name in ("verbose_name", "verbose_name_plural"):
                if name not in meta.original_attrs:
                    yield model.__module__, str(getattr(meta, name))
            for field in _fields_without_label(model):
                yield model.__module__, str(field.verbose_name)


def _fields_without_label(model: type[Model]) -> Iterator[Field]:
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        if field._verbose_name is None:  # type: ignore[attr-defined]  # not in the stubs
            yield field
