"""The filters for claims that the queue and the statistics page share. Their values are in URLs."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ClaimKind
from claims.models import Topic


class ClaimFilterForm(forms.Form):
    """Filters claims by speaker, topic and kind."""

    speaker = forms.CharField(label=gettext_lazy("Speaker"), max_length=200, required=False)
    topic = forms.ModelChoiceField(
        Topic.objects.order_by("name"),
        to_field_name="slug",
        label=gettext_lazy("Topic"),
        required=False,
        empty_label=gettext_lazy("Any"),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("kind", ClaimKind.choices)

    def set_choices(self, name: str, choices: Any) -> None:
        """Set the choices of a field, after the choice 'Any'."""
        field: Any = self.fields[name]
        # Per instance and not on the class: the label needs the language of the request.
        field.choices = [("", _("Any")), *choices]
