"""Runs the command blocks of a documentation page and compares their output with the page.

A block is run when an HTML comment marks it:

    <!-- test: run -->
    ```console
    $ sha256sum -c --quiet SHA256SUMS
    $ head -n 2 checkpoint
    example.invalid/ledger
    242
    ```

A line that starts with ``$ `` is a command. It continues on the next line after a
backslash. The lines up to the next command are its expected output, stdout and stderr together.
In expected output, ``…`` matches any text in its line, and a line ``…`` matches any lines.
``<!-- test: run exit=1 -->`` marks commands that end with that exit status instead of 0.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

TIMEOUT: Final = 300  # seconds for one command

_MARKER: Final = re.compile(r"<!-- test: run(?: exit=(\d+))? -->")
_ANY_MARKER: Final = re.compile(r"<!--\s*test\b")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page with the output that the page shows."""

    line: int  # of the page, from 1
    text: str
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandBlock:
    """One marked block of a page; every command in it ends with ``exit_status``."""

    page: Path
    line: int  # of the marker, from 1
    commands: tuple[Command, ...]
    exit_status: int = 0

    def __str__(self) -> str:
        """Name the block in the ids of parametrized tests."""
        return f"{self.page.name}:{self.line}"


def read_blocks(page: Path) -> list[CommandBlock]:
    """Return the marked blocks of a page in their order.

    ``ValueError`` names a marker that is misspelled, or whose block is missing or has no command.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    blocks = []
    for index, line in enumerate(lines):
        if not _ANY_MARKER.match(line.strip()):
            continue
        location = f"{page}, line {index + 1}"
        marker = _MARKER.fullmatch(line.strip())
        if marker is None:
            raise ValueError(f"{location}: write <!-- test: run --> or <!-- test: run exit=1 -->.")
        if lines[index + 1 : index + 2] != ["```console"] or "```" not in lines[index + 2 :]:
            raise ValueError(f"{location}: put a ```console block on the line after the marker.")
        end = lines.index("```", index + 2)
        commands = tuple(_parse_commands(lines[index + 2 : end], index + 3))
        if not commands:
            raise ValueError(f"{location}: the block has no command, a line that starts with '$ '.")
        blocks.append(CommandBlock(page, index + 1, commands, int(marker[1] or 0)))
    return blocks


def check_block(
    block: CommandBlock, *, directory: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a block's commands in a directory, each by its own shell.

    ``environment`` is added to that of this process. ``AssertionError`` shows the first command
    with another output or exit status than on the page.
    """
    for command in block.commands:
        location = f"{block.page}, line {command.line}: $ {command.text}"
        # One pipe for both streams: their lines keep their order, as in a terminal.
        process = subprocess.run(
            ["bash", "-c", command.text],  # noqa: S607  by its name, as on any machine
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
        )
        printed = process.stdout.decode().splitlines()
        assert process.returncode == block.exit_status, "\n".join(
            [
                f"{location}\nended with status {process.returncode}, not {block.exit_status}:",
                *printed,
            ]
        )
        if not _matches(command.output, printed):
            diff = unified_diff(command.output, printed, "the page", "the command", lineterm="")
            raise AssertionError("\n".join([f"{location}\nprinted other text:", *diff]))


def _parse_commands(lines: list[str], first: int) -> Iterator[Command]:
    """Yield the commands of a block; ``first`` is the number of its first line in the page."""
    index = 0
    while index < len(lines):
        start = index
        if not lines[index].startswith("$ "):
            raise ValueError(f"Line {first + index}: output before the first command.")
        text = [lines[index].removeprefix("$ ")]
        while text[-1].endswith("\\") and index + 1 < len(lines):
            index += 1
            text.append(lines[index])
        index += 1
        output = []
        while index < len(lines) and not lines[index].startswith("$ "):
            output.append(lines[index])
            index += 1
        yield Command(first + start, "\n".join(text), tuple(output))


def _matches(expected: tuple[str, ...], printed: list[str]) -> bool:
    """Tell whether the printed lines are the expected ones, with ``…`` as a wildcard."""
    pattern = "".join(
        r"(?:.*\n)*?"
        if line.strip() == "…"
        else ".*?".join(re.escape(part) for part in line.rstrip().split("…")) + "\n"
        for line in expected
    )
    # An editor removes spaces at the ends of a page's lines, so they are not compared.
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None
