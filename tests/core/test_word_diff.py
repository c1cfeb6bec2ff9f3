"""Word differences of two texts."""

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
def test_unchanged_and_deleted_runs_are_the_old_text_and_unchanged_and_inserted_runs_the_new(
    old: str, new: str
) -> None:
    runs = diff_words(old, new)
    assert OMITTED in {r.kind for r in runs} or (
        "".join(r.text for r in runs if r.kind != INSERTED),
        "".join(r.text for r in runs if r.kind != DELETED),
    ) == (old, new)
    assert all(r.text for r in runs)


def test_words_are_compared_and_a_replaced_phrase_is_one_change() -> None:
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


def test_a_long_unchanged_run_keeps_only_the_context_of_changes() -> None:
    long = "word " * 1000
    runs = diff_words(long + "late", long + "early")
    assert [run.kind for run in runs] == [SAME, OMITTED, SAME, DELETED, INSERTED]
    assert (len(runs[0].text), runs[1].text) == (CONTEXT, f"{5000 - 2 * CONTEXT:,}")


def test_a_long_unchanged_text_lacks_its_middle() -> None:
    runs = unchanged_runs("x" * 10_000)
    assert [run.kind for run in runs] == [SAME, OMITTED, SAME]
    assert sum(len(run.text) for run in (runs[0], runs[2])) == MAX_RUN_LENGTH
    assert unchanged_runs("short") == [Run(SAME, "short")]


def test_texts_with_too_many_different_words_are_compared_by_lines() -> None:
    old = [f"line {number} of the log\n" for number in range(900)]
    new = [line if number != 450 else "another\n" for number, line in enumerate(old)]
    new[0], new[-1] = "first\n", "last\n"
    runs = diff_words("".join(old), "".join(new))
    assert Run(INSERTED, "another\n") in runs
    assert Run(DELETED, "line 450 of the log\n") in runs


def test_huge_texts_without_common_lines_are_two_runs_at_a_low_cost() -> None:
    start = time.process_time()
    runs = diff_words("x y\n" * 100_000, "z\n" * 200_000)
    assert [r.kind for r in runs] == [DELETED, OMITTED, DELETED, INSERTED, OMITTED, INSERTED]
    assert sum(len(r.text) for r in runs) < 3 * MAX_RUN_LENGTH
    assert time.process_time() - start < 10  # seconds; comparing all pairs would take hours
