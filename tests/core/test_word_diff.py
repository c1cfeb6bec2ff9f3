"""What changed between two texts, word by word."""

import time

from hypothesis import given
from hypothesis import strategies as st

from claimsapi.core.word_diff import (
    CONTEXT,
    MAX_RUN_LENGTH,
    Run,
    RunKind,
    diff_words,
    unchanged_runs,
)

SAME, DELETED, INSERTED, OMITTED = RunKind.SAME, RunKind.DELETED, RunKind.INSERTED, RunKind.OMITTED
TEXTS = st.lists(st.sampled_from(["a", "b", " ", "\n", "ferry", "渡", "船", "é", "."])).map("".join)


@given(TEXTS, TEXTS)
def test_what_stayed_with_what_was_deleted_is_the_old_text_with_what_came_the_new(
    old: str, new: str
) -> None:
    runs = diff_words(old, new)
    assert OMITTED in {r.kind for r in runs} or (
        "".join(r.text for r in runs if r.kind != INSERTED),
        "".join(r.text for r in runs if r.kind != DELETED),
    ) == (old, new)
    assert all(r.text for r in runs)


def test_words_are_compared_and_a_phrase_reads_as_one() -> None:
    assert diff_words("The ferry was late on Monday.", "The ferry was on time on Tuesday.") == [
        Run(SAME, "The ferry was "),
        Run(DELETED, "late"),
        Run(INSERTED, "on time"),
        Run(SAME, " on "),
        Run(DELETED, "Monday"),
        Run(INSERTED, "Tuesday"),
        Run(SAME, "."),
    ]


def test_text_without_spaces_is_compared_by_characters() -> None:
    assert diff_words("渡船晚点", "渡船准点") == [
        Run(SAME, "渡船"),
        Run(DELETED, "晚"),
        Run(INSERTED, "准"),
        Run(SAME, "点"),
    ]


def test_of_what_stayed_only_the_surroundings_are_shown() -> None:
    long = "word " * 1000
    runs = diff_words(long + "late", long + "early")
    assert [run.kind for run in runs] == [SAME, OMITTED, SAME, DELETED, INSERTED]
    assert (len(runs[0].text), runs[1].text) == (CONTEXT, f"{5000 - 2 * CONTEXT:,}")


def test_a_long_text_alone_is_cut_in_its_middle() -> None:
    runs = unchanged_runs("x" * 10_000)
    assert [run.kind for run in runs] == [SAME, OMITTED, SAME]
    assert sum(len(run.text) for run in (runs[0], runs[2])) == MAX_RUN_LENGTH
    assert unchanged_runs("short") == [Run(SAME, "short")]


def test_texts_too_different_for_words_are_compared_by_lines() -> None:
    old = [f"line {number} of the log\n" for number in range(900)]
    new = [line if number != 450 else "another\n" for number, line in enumerate(old)]
    new[0], new[-1] = "first\n", "last\n"
    runs = diff_words("".join(old), "".join(new))
    assert Run(INSERTED, "another\n") in runs
    assert Run(DELETED, "line 450 of the log\n") in runs


def test_huge_texts_that_share_nothing_stand_beside_each_other_and_cost_little() -> None:
    began = time.process_time()
    runs = diff_words("x y\n" * 100_000, "z\n" * 200_000)
    assert [r.kind for r in runs] == [DELETED, OMITTED, DELETED, INSERTED, OMITTED, INSERTED]
    assert sum(len(r.text) for r in runs) < 3 * MAX_RUN_LENGTH
    assert time.process_time() - began < 10  # seconds; comparing all pairs would take hours
