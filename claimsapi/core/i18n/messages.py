"""Sentences of rules that know no framework, and so no language but English."""

from typing import Any


class Message(str):
    """A sentence, with the words and the values that it was made of.

    It reads as any other text does; who knows the reader can say it again in their language.
    """

    __slots__ = ("values", "words")

    words: str
    values: dict[str, Any]

    def __new__(cls, words: str, **values: Any) -> "Message":
        said = super().__new__(cls, words.format(**values))
        said.words, said.values = words, values
        return said

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)  # a copy is text, and is not made of words once more
