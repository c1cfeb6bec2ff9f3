"""Translatable messages of pure rules, which import no framework."""

from typing import Any


class Message(str):
    """An English sentence that remembers its template and values, for a later translation.

    It is a normal string. ``claimsapi.core.i18n.translation.translate`` translates it once the
    language of the reader is available.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Message":
        message = super().__new__(cls, template.format(**values))
        message.template, message.values = template, values
        return message

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A copy is plain text: __new__ would format the finished sentence as a template again.
        return str, (str(self),)
