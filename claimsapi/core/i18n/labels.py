"""What models and their fields are called where nothing but their name says it, for translation.

Django makes 'created at' of ``created_at`` as it loads a model. To write the same words out, so
that they can be translated, would be to repeat each name; so they are marked as they are made.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy


class Labelled:
    """Makes an app's models and fields go by their names in the language of the reader.

    No app itself: Django takes for the app's what is the only one that it finds in its module.
    """

    def ready(self) -> None:
        super().ready()  # type: ignore[misc]  # of the app that this is mixed into
        for model in self.get_models(include_auto_created=True):  # type: ignore[attr-defined]
            meta = model._meta
            # The plural first: it is made of the singular.
            for name in ("verbose_name_plural", "verbose_name"):
                if name not in meta.original_attrs:
                    setattr(meta, name, gettext_lazy(str(getattr(meta, name))))
            for field in _unnamed(model):
                field.verbose_name = gettext_lazy(str(field.verbose_name))


def derived_labels() -> Iterator[tuple[str, str]]:
    """Every label made of a name, with the module of its model."""
    for config in apps.get_app_configs():
        if not isinstance(config, Labelled):
            continue
        for model in config.get_models():
            meta = model._meta
            if not meta.default_permissions:
                continue  # nobody is let see it: no page shows it
            for name in ("verbose_name", "verbose_name_plural"):
                if name not in meta.original_attrs:
                    yield model.__module__, str(getattr(meta, name))
            for field in _unnamed(model):
                yield model.__module__, str(field.verbose_name)


def _unnamed(model: type[Model]) -> Iterator[Field]:
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        if field._verbose_name is None:  # type: ignore[attr-defined]  # not in the stubs
            yield field
