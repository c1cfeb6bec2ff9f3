"""Translates messages of pure rules."""

from django.utils.translation import gettext

from claimsapi.core.i18n.messages import Message


def translate(text: str | ValueError) -> str:
    """Return a message, or the message of an error, in the active language.

    Text that is no :class:`Message` stays as it is.
    """
    message = next(iter(text.args), "") if isinstance(text, ValueError) else text
    if isinstance(message, Message):
        return gettext(message.template).format(**message.values)
    return str(text)
