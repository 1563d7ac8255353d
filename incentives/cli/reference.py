"""The reference page of the command line, written from the commands themselves.

`python -m incentives.cli.reference` writes docs/reference/cli.md; with `--check` it fails where the page is
not what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from incentives.cli import cli

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"
HELP_WIDTH = 100
_INTRODUCTION = """\
# Command line

Written from the commands by `python -m incentives.cli.reference`; do not edit by hand.

Every command answers `--help`. Exit codes: 0 done, 1 a check failed, 2 the input or the call is wrong,
3 something outside failed (trying again may help).
"""


def render() -> str:
    """Return the page: one section a command, each with its own help text."""
    parts = [_INTRODUCTION]
    for path, help_text in _help_texts(cli, ("incentives",), None):
        heading = "#" * min(len(path), 3) if len(path) > 1 else "##"
        parts.append(f"{heading} `{' '.join(path)}`\n\n```text\n{help_text}\n```\n")
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is current; return the exit code."""
    page = render()
    if "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    click.echo(f"{PAGE} is not current; run `python -m incentives.cli.reference`.", err=True)
    return 1


def _help_texts(
    command: click.Command, path: tuple[str, ...], parent: click.Context | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    context = click.Context(
        command,
        info_name=path[-1],
        parent=parent,
        terminal_width=HELP_WIDTH,
        max_content_width=HELP_WIDTH,
        **command.context_settings,
    )
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _help_texts(child, (*path, name), context)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
