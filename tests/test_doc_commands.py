"""The runner of documented commands finds marked blocks and compares their output."""

from pathlib import Path

import pytest

from tests.doc_commands import check_block, read_blocks


def page(folder: Path, *blocks: str) -> Path:
    path = folder / "page.md"
    path.write_text("\n\n".join(["# A page", *blocks]) + "\n", encoding="utf-8")
    return path


def block(*lines: str, marker: str = "<!-- test: run -->") -> str:
    return "\n".join([marker, "```console", *lines, "```"])


def check(folder: Path, *lines: str, marker: str = "<!-- test: run -->") -> None:
    for each in read_blocks(page(folder, block(*lines, marker=marker))):
        check_block(each, directory=folder, environment={"NAME": "Ada"})


def test_only_marked_blocks_are_read(tmp_path: Path) -> None:
    path = page(tmp_path, "```console\n$ false\n```", block("$ true"), block("$ echo a", "a"))
    blocks = read_blocks(path)
    assert [[command.text for command in each.commands] for each in blocks] == [
        ["true"],
        ["echo a"],
    ]
    assert [each.line for each in blocks] == [7, 12]


def test_commands_run_in_the_directory_and_the_environment(tmp_path: Path) -> None:
    check(tmp_path, "$ echo $NAME > name", "$ cat name", "Ada", "$ ls -d \\", "  name", "name")


def test_both_streams_are_compared(tmp_path: Path) -> None:
    check(tmp_path, "$ echo out; echo err >&2", "out", "err")


@pytest.mark.parametrize(
    "lines",
    [
        ["one", "two", "three"],
        ["one", "…", "three"],
        ["one", "two", "three", "…"],
        ["o…e", "t…", "three"],
    ],
)
def test_an_ellipsis_matches_any_text_or_lines(tmp_path: Path, lines: list[str]) -> None:
    check(tmp_path, "$ printf 'one\\ntwo\\nthree\\n'", *lines)


@pytest.mark.parametrize(
    "lines", [[], ["one"], ["one", "…", "four"], ["…two"], ["one", "two", "three", "four"]]
)
def test_other_output_fails(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(AssertionError, match=r"page\.md, line 5: \$ printf"):
        check(tmp_path, "$ printf 'one\\ntwo\\nthree\\n'", *lines)


def test_another_exit_status_fails(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ended with status 3, not 0"):
        check(tmp_path, "$ exit 3")
    with pytest.raises(AssertionError, match="ended with status 0, not 3"):
        check(tmp_path, "$ exit 0", marker="<!-- test: run exit=3 -->")
    check(tmp_path, "$ exit 3", marker="<!-- test: run exit=3 -->")


@pytest.mark.parametrize(
    "text",
    [
        block("$ true", marker="<!-- test: rnu -->"),
        block("$ true", marker="<!-- test:run -->"),
        "<!-- test: run -->\n```\n$ true\n```",
        "<!-- test: run -->\n\n```console\n$ true\n```",
        "<!-- test: run -->\n```console\n$ true",
        block(),
        block("output", "$ true"),
    ],
)
def test_a_faulty_marker_or_block_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ll]ine \d"):
        read_blocks(page(tmp_path, text))
