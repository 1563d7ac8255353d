"""How the command line ends: its exit codes, its errors, and that `--help` answers at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from incentives import cli as command_line
from incentives.errors import CheckFailedError, InputError, OutsideError


@pytest.mark.parametrize("code", [1, 2, 3])
def test_a_command_that_leaves_with_a_code_ends_with_it(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    @click.command()
    @click.pass_context
    def leave(context: click.Context) -> None:
        context.exit(code)

    monkeypatch.setattr(command_line.cli, "get_command", lambda _context, _name: leave)

    with pytest.raises(SystemExit) as ended:
        command_line.main(["leave"])
    assert ended.value.code == code


@pytest.mark.parametrize("error, code", [(CheckFailedError, 1), (InputError, 2), (OutsideError, 3)])
def test_an_error_is_printed_in_full_and_gives_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[InputError], code: int
) -> None:
    @click.command()
    def fail() -> None:
        raise error("the rate is missing.", where="plans/a.yaml:3", remedy="Add it.")

    monkeypatch.setattr(command_line.cli, "get_command", lambda _context, _name: fail)

    with pytest.raises(SystemExit) as ended:
        command_line.main(["fail"])
    assert ended.value.code == code
    assert capsys.readouterr().err == "error: plans/a.yaml:3: the rate is missing. Add it.\n"


def test_a_folder_that_is_no_workspace_is_refused_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["build", "--workspace", str(tmp_path)])
    assert ended.value.code == 2
    assert "incentives init" in capsys.readouterr().err


def test_help_imports_nothing_heavy_and_answers_within_half_a_second() -> None:
    program = (
        "import sys; from incentives.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('duckdb', 'pandas', 'dbt', 'dagster', 'sqlalchemy', 'pydantic') if name in sys.modules])"
    )
    durations = []
    for _ in range(3):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        durations.append(time.perf_counter() - started)

    assert done.stdout.endswith("[]\n")
    assert "Land delivered files into bronze" in done.stdout
    assert min(durations) < 0.5


def test_a_kind_of_exception_that_does_not_exist_is_refused_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["exceptions", "--kind", "unknown_asociate"])

    assert ended.value.code == 2
    assert "'unknown_associate'" in capsys.readouterr().err
