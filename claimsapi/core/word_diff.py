"""Word difference of two texts at a bounded cost.

The comparison uses words first; spaces and punctuation count as words. If too many words differ,
it uses lines. If too many lines differ, the whole old text precedes the whole new text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

MAX_PAIRS: Final = 1_000_000  # pairs of words to compare: some hundredths of a second
MAX_RUNS: Final = 400  # a difference with more runs is unreadable
MAX_RUN_LENGTH: Final = 4_000  # characters of one changed run; the middle is omitted
CONTEXT: Final = 120  # unchanged characters before and after a change

# Chinese and Japanese have no spaces between words, so each character counts as a word.
_WORDS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|.")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


class RunKind(StrEnum):
    """Kind of a run. The text of an ``omitted`` run is its number of characters."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True)
class Run:
    """A sequence of characters of one kind."""

    kind: RunKind
    text: str


def diff_words(old: str, new: str) -> list[Run]:
    """Return the difference of two texts as runs in reading order; long runs lack their middle."""
    return [
        part
        for run in _compare_texts(old, new)
        for part in _omit_middle(run, CONTEXT if run.kind == RunKind.SAME else MAX_RUN_LENGTH // 2)
    ]


def unchanged_runs(text: str) -> list[Run]:
    """Return a text as unchanged runs, without the middle of a very long text."""
    return list(_omit_middle(Run(RunKind.SAME, text), MAX_RUN_LENGTH // 2))


def _compare_texts(old: str, new: str) -> list[Run]:
    for pattern in (_WORDS, _LINES):
        before, after = pattern.findall(old), pattern.findall(new)
        # Equal words at both ends need no comparison, which is quadratic.
        head = _count_equal(before, after)
        tail = _count_equal(before[head:][::-1], after[head:][::-1])
        left = before[head : len(before) - tail]
        right = after[head : len(after) - tail]
        if len(left) * len(right) > MAX_PAIRS:
            continue
        runs = [
            Run(RunKind.SAME, "".join(before[:head])),
            *_compare_words(left, right),
            Run(RunKind.SAME, "".join(before[len(before) - tail :])),
        ]
        if len(runs) <= MAX_RUNS:
            return _merge_runs(runs)
    return _merge_runs([Run(RunKind.DELETED, old), Run(RunKind.INSERTED, new)])


def _count_equal(left: list[str], right: list[str]) -> int:
    """Return the number of equal words at the beginning."""
    count = 0
    for left_word, right_word in zip(left, right, strict=False):
        if left_word != right_word:
            break
        count += 1
    return count


def _compare_words(left: list[str], right: list[str]) -> Iterator[Run]:
    # SequenceMatcher's autojunk stays on: very frequent words extend matches but start none, which
    # bounds the cost.
    for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
        if tag == "equal":
            yield Run(RunKind.SAME, "".join(left[a:b]))
        else:
            yield Run(RunKind.DELETED, "".join(left[a:b]))
            yield Run(RunKind.INSERTED, "".join(right[c:d]))


def _merge_runs(runs: list[Run]) -> list[Run]:
    """Merge changes that only white space separates, so that a replaced phrase is one change."""
    merged: list[Run] = []
    deleted = inserted = ""

    def close() -> None:
        nonlocal deleted, inserted
        merged.extend(
            Run(kind, text)
            for kind, text in ((RunKind.DELETED, deleted), (RunKind.INSERTED, inserted))
            if text
        )
        deleted = inserted = ""

    for position, run in enumerate(runs):
        if run.kind == RunKind.DELETED:
            deleted += run.text
        elif run.kind == RunKind.INSERTED:
            inserted += run.text
        elif run.text.isspace() and deleted and inserted and position + 1 < len(runs) - 1:
            deleted += run.text
            inserted += run.text
        elif run.text:
            close()
            merged.append(run)
    close()
    return merged


def _omit_middle(run: Run, length: int) -> Iterator[Run]:
    """Omit the middle of a long run; ``length`` characters stay at each end."""
    omitted = len(run.text) - 2 * length
    if omitted <= 40:  # the note about the omission would be as long
        yield run
        return
    yield Run(run.kind, run.text[:length])
    yield Run(RunKind.OMITTED, f"{omitted:,}")
    yield Run(run.kind, run.text[-length:])
