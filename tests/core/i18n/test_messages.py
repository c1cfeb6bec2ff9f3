"""Sentences of rules that know English only, said again in the reader's language."""

import copy

import pytest
from django.utils import translation

from claims.selectors import select
from claimsapi.core.i18n.messages import Sentence
from claimsapi.core.i18n.translation import translated
from claimsapi.core.text import unprintable
from sources.canonical import canonical_url


def test_a_sentence_reads_as_any_other_text() -> None:
    said = Sentence("{given} is not a URL.", given="'{x}'")
    assert said == "'{x}' is not a URL."
    assert copy.deepcopy([said]) == [said]


def test_a_rules_sentence_is_said_in_the_language_of_the_reader() -> None:
    fault = unprintable("a\x07")
    assert fault == "Control character U+0007 at character 1: remove it."
    assert translated(fault) == fault
    with translation.override("de"):
        assert translated(fault) == "Steuerzeichen U+0007 bei Zeichen 1: entfernen Sie es."


def test_the_sentence_of_an_error_is_too_and_any_other_stays_as_it_is() -> None:
    with pytest.raises(ValueError, match="is not a URL") as refused:
        canonical_url("no{t} a url")
    with pytest.raises(ValueError, match="no passage from 3 to 9") as outside:
        select("The", 3, 9)
    with translation.override("de"):
        assert translated(refused.value).startswith("'no{t} a url' ist keine URL")
        assert translated(outside.value).startswith("Der Text hat 3 Zeichen")
        assert translated(ValueError("Something {else}.")) == "Something {else}."
        assert translated("Something {else}.") == "Something {else}."
