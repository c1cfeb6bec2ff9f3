"""What changed between two texts, word by word, at a bounded cost.

Words are compared, with spaces and punctuation as words of their own; if too many differ for that,
lines; if still too many, the old text as a whole stands beside the new one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

MOST_PAIRS: Final = 1_000_000  # of words compared: some hundredths of a second
MOST_RUNS: Final = 400  # beyond that, nobody can read the one text in the other
LONGEST: Final = 4_000  # characters of one run that are shown
CONTEXT: Final = 120  # characters of what stayed, kept before and after a change

# Chinese and Japanese are written without spaces: each character is compared by itself.
_WORDS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+|\s+|.")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


class RunKind(StrEnum):
    """What happened to a stretch of text; ``omitted`` counts characters that are not shown."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text of one kind."""

    kind: RunKind
    text: str


def diff_words(old: str, new: str) -> list[Run]:
    """Return the runs that lead from the old text to the new, long ones cut, in reading order."""
    return [
        shown
        for run in _runs(old, new)
        for shown in _cut(run, CONTEXT if run.kind == RunKind.SAME else LONGEST // 2)
    ]


def unchanged_runs(text: str) -> list[Run]:
    """Return a text as it stands, cut if it is very long."""
    return list(_cut(Run(RunKind.SAME, text), LONGEST // 2))


def _runs(old: str, new: str) -> list[Run]:
    for pattern in (_WORDS, _LINES):
        before, after = pattern.findall(old), pattern.findall(new)
        head = _shared(before, after)
        tail = _shared(before[head:][::-1], after[head:][::-1])
        left = before[head : len(before) - tail]
        right = after[head : len(after) - tail]
        if len(left) * len(right) > MOST_PAIRS:
            continue
        runs = [
            Run(RunKind.SAME, "".join(before[:head])),
            *_compared(left, right),
            Run(RunKind.SAME, "".join(before[len(before) - tail :])),
        ]
        if len(runs) <= MOST_RUNS:
            return _joined(runs)
    return _joined([Run(RunKind.DELETED, old), Run(RunKind.INSERTED, new)])


def _shared(one: list[str], other: list[str]) -> int:
    """How many words are the same from the beginning."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _compared(left: list[str], right: list[str]) -> Iterator[Run]:
    # Words that are everywhere extend matches but begin none ('autojunk'): that bounds its cost.
    for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
        if tag == "equal":
            yield Run(RunKind.SAME, "".join(left[a:b]))
        else:
            yield Run(RunKind.DELETED, "".join(left[a:b]))
            yield Run(RunKind.INSERTED, "".join(right[c:d]))


def _joined(runs: list[Run]) -> list[Run]:
    """Put together what a mere space parts: a phrase that was replaced reads as one."""
    joined: list[Run] = []
    deleted = inserted = ""

    def close() -> None:
        nonlocal deleted, inserted
        joined.extend(
            Run(kind, text)
            for kind, text in ((RunKind.DELETED, deleted), (RunKind.INSERTED, inserted))
            if text
        )
        deleted = inserted = ""

    for place, run in enumerate(runs):
        if run.kind == RunKind.DELETED:
            deleted += run.text
        elif run.kind == RunKind.INSERTED:
            inserted += run.text
        elif run.text.isspace() and deleted and inserted and place + 1 < len(runs) - 1:
            deleted += run.text
            inserted += run.text
        elif run.text:
            close()
            joined.append(run)
    close()
    return joined


def _cut(run: Run, keep: int) -> Iterator[Run]:
    """Leave out the middle of a long run, but for ``keep`` characters at both ends."""
    left_out = len(run.text) - 2 * keep
    if left_out <= 40:  # to say that so little was left out takes as much room
        yield run
        return
    yield Run(run.kind, run.text[:keep])
    yield Run(RunKind.OMITTED, f"{left_out:,}")
    yield Run(run.kind, run.text[-keep:])
