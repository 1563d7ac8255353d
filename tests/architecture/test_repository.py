"""Rules that hold for every file of the repository, whoever wrote it."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 400
PRODUCT = ("incentives", "quality", "orchestration")
UNFINISHED = re.compile(r"\bTO" r"DO\b|\bFIX" r"ME\b|Not" r"ImplementedError|assert " r"True\b|@pytest\.mark\.(skip|xfail)\b")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}


def _tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listed.splitlines() if (path := ROOT / name).is_file()]


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_no_python_file_is_longer_than_a_reader_can_hold() -> None:
    assert _names([path for path in _tracked("*.py") if len(path.read_text(encoding="utf-8").splitlines()) > LINES_MAX]) == []


def test_no_module_is_named_after_nothing() -> None:
    assert _names([path for path in _tracked("*.py") if path.stem in NAMELESS]) == []


def test_nothing_is_left_unfinished_or_skipped() -> None:
    assert _names([path for path in _tracked("*.py") if UNFINISHED.search(path.read_text(encoding="utf-8"))]) == []


@pytest.mark.parametrize("package", PRODUCT)
def test_no_binary_fraction_comes_near_money(package: str) -> None:
    """A name that ends in `_minor` is never given a fraction, divided with `/`, or turned into a float."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in _tracked(f"{package}/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _is_float_money(node)
    ]

    assert wrong == []


def _is_float_money(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _is_minor(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
        return any(_is_minor(argument) for argument in node.args)
    return False


def _is_minor(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name.endswith("_minor") or name == "minor"


def test_the_clock_is_read_in_one_place() -> None:
    reads = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    allowed = {ROOT / "incentives" / "clock.py", ROOT / "incentives" / "locks.py"}
    wrong = [
        path
        for package in PRODUCT
        for path in _tracked(f"{package}/*.py")
        if path not in allowed and reads.search(path.read_text(encoding="utf-8"))
    ]

    assert _names(wrong) == []
