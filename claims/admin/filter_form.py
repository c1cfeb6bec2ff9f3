"""By what the desk narrows claims, on its own pages; it stands in their addresses."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.choices import ClaimKind
from claims.models import Topic


class ClaimFilterForm(forms.Form):
    """What every such page asks: who said it, what about, and what sort of claim."""

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
        self.offer("kind", ClaimKind.choices)

    def offer(self, name: str, choices: Any) -> None:
        """Give a field its choices, in the reader's language."""
        field: Any = self.fields[name]
        field.choices = [("", _("Any")), *choices]
