"""Messages of pure rules are English text, and can be translated for the reader."""

import copy

import pytest
from django.utils import translation

from claims.text_selectors import to_text_quote
from claimsapi.core.i18n.messages import Message
from claimsapi.core.i18n.translation import translate
from claimsapi.core.text import find_unprintable
from sources.canonical import canonicalize_url


def test_a_message_is_a_normal_string() -> None:
    message = Message("{value} is not a URL.", value="'{x}'")
    assert message == "'{x}' is not a URL."
    assert copy.deepcopy([message]) == [message]


def test_a_message_is_translated_for_the_reader() -> None:
    message = find_unprintable("a\x07")
    assert message == "Control character U+0007 at character 1: remove it."
    assert translate(message) == message
    with translation.override("de"):
        assert translate(message) == "Steuerzeichen U+0007 bei Zeichen 1: Entfernen Sie es."


def test_the_message_of_an_error_is_translated_and_other_text_is_not() -> None:
    with pytest.raises(ValueError, match="is not a URL") as refused:
        canonicalize_url("no{t} a url")
    with pytest.raises(ValueError, match="no passage from 3 to 9") as outside:
        to_text_quote("The", 3, 9)
    with translation.override("de"):
        assert translate(refused.value).startswith("'no{t} a url' ist keine URL")
        assert translate(outside.value).startswith("Der Text hat 3 Zeichen")
        assert translate(ValueError("Something {else}.")) == "Something {else}."
        assert translate("Something {else}.") == "Something {else}."
