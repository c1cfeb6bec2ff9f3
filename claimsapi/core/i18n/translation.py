"""What rules say that know English only, in the language of the reader."""

from django.utils.translation import gettext

from claimsapi.core.i18n.messages import Message


def translate(fault: str | ValueError) -> str:
    """Say a rule's sentence, or that of the error which it raised, to the present reader."""
    said = next(iter(fault.args), "") if isinstance(fault, ValueError) else fault
    return gettext(said.words).format(**said.values) if isinstance(said, Message) else str(fault)
