"""Sentences of rules that know English only, said again in the reader's language."""

import copy

import pytest
from django.utils import translation

from claims.selectors import select
from claimsapi.core.i18n.messages import Message
from claimsapi.core.i18n.translation import translate
from claimsapi.core.text import find_unprintable
from sources.canonical import canonicalize_url


def test_a_sentence_reads_as_any_other_text() -> None:
    said = Message("{given} is not a URL.", given="'{x}'")
    assert said == "'{x}' is not a URL."
    assert copy.deepcopy([said]) == [said]


def test_a_rules_sentence_is_said_in_the_language_of_the_reader() -> None:
    fault = find_unprintable("a\x07")
    assert fault == "Control character U+0007 at character 1: remove it."
    assert translate(fault) == fault
    with translation.override("de"):
        assert translate(fault) == "Steuerzeichen U+0007 bei Zeichen 1: entfernen Sie es."


def test_the_sentence_of_an_error_is_too_and_any_other_stays_as_it_is() -> None:
    with pytest.raises(ValueError, match="is not a URL") as refused:
        canonicalize_url("no{t} a url")
    with pytest.raises(ValueError, match="no passage from 3 to 9") as outside:
        select("The", 3, 9)
    with translation.override("de"):
        assert translate(refused.value).startswith("'no{t} a url' ist keine URL")
        assert translate(outside.value).startswith("Der Text hat 3 Zeichen")
        assert translate(ValueError("Something {else}.")) == "Something {else}."
        assert translate("Something {else}.") == "Something {else}."
