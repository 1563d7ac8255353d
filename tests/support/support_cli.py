"""Runs the command line as a person does: in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

import incentives.__main__
from incentives.cli import main

# DuckDB takes a program without a file for somebody at a prompt, and draws progress on the output of what takes long. The file
# is one that processes of a portal can begin with, as they do with the script `incentives`.
_FILE = f"__file__ = {incentives.__main__.__file__!r}"
PROGRAM = f"{_FILE}\nfrom incentives.cli import main\nmain()"
# The same, building by what dbt compiled before (support_compiled).
_PROGRAM_COMPILED = f"""{_FILE}
import sys
sys.path.append({str(Path(__file__).parent)!r})
from support_compiled import build_compiled
from incentives.warehouse import dbt_run
dbt_run.build = build_compiled
from incentives.cli import main
main()"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> list[dict[str, object]]:
        """Return standard output as the JSON list that `--format json` prints."""
        parsed = json.loads(self.out)
        assert isinstance(parsed, list)
        return parsed


def run(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    code: int | None = 0,
    product: Path | None = None,
    by_dbt: bool = False,
) -> Ran:
    """Run `incentives ARGUMENTS` and check its exit code (None = any); of a copy of the product where one is named.

    With `by_dbt` it builds by dbt, whatever other tests built before.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM if by_dbt else _PROGRAM_COMPILED, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=900,
        check=False,
        cwd=product,
    )
    if code is not None:
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return Ran(done.returncode, done.stdout, done.stderr)


def run_here(*arguments: str | Path, code: int = 0, env: Mapping[str, str] | None = None) -> Ran:
    """Run `incentives ARGUMENTS` in this process, for stories of many commands; the environment is the test's own, and `env`."""
    out, err = io.StringIO(), io.StringIO()
    ended = 0
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as left:
            ended = int(left.code or 0)
    assert ended == code, f"exit {ended}\n{out.getvalue()[-4000:]}\n{err.getvalue()[-4000:]}"
    return Ran(ended, out.getvalue(), err.getvalue())


@contextmanager
def serving(root: Path, *arguments: str) -> Iterator[str]:
    """Serve a workspace's portal and yield what it prints until it says how to stop it."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, "serve", "--workspace", str(root), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C" in line:
                break
        yield printed
    finally:
        process.terminate()
        process.wait(timeout=20)
