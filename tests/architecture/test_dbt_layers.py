"""The layers of the dbt project: who reads whom, and that nothing above staging decides by channel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MODELS = PROJECT / "models"
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
REFERENCE = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
SOURCE = re.compile(r"\bsource\(")
CHANNEL_AGAINST_LITERAL = re.compile(
    r"""channel\w*"?\)*\s*(=|<>|!=|<|>|(not\s+)?(in\s*\(|i?like\b))\s*'"""
    r"""|'\s*(=|<>|!=|<|>)\s*\(*(\w+\(|\w+\.)*\w*channel"""
    r"""|case\s+(\w+\.)?\w*channel\w*\s+when"""
    r"""|starts_with\(\s*(\w+\.)?\w*channel"""
)


def _statements(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.sql"))


def _code(path: Path) -> str:
    return COMMENT.sub(" ", path.read_text(encoding="utf-8")).lower()


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def _layer(model: str) -> str:
    found = next((path for path in MODELS.rglob("*.sql") if path.stem == model), None)
    return found.relative_to(MODELS).parts[0] if found else "seeds"


def test_the_project_has_models_in_every_layer() -> None:
    assert {path.relative_to(MODELS).parts[0] for path in MODELS.rglob("*.sql")} >= {"staging", "intermediate", "marts"}


def test_only_staging_reads_sources() -> None:
    above = _statements(MODELS / "intermediate", MODELS / "marts", PROJECT / "tests")

    assert _names([path for path in above if SOURCE.search(_code(path))]) == []


def test_marts_never_read_staging() -> None:
    wrong = {
        f"{path.relative_to(MODELS)} reads {name}"
        for path in _statements(MODELS / "marts")
        for name in REFERENCE.findall(_code(path))
        if _layer(name) == "staging"
    }

    assert wrong == set()


def test_nothing_below_reads_what_is_above() -> None:
    order = {"seeds": 0, "staging": 0, "intermediate": 1, "marts": 2}
    wrong = {
        f"{path.relative_to(MODELS)} reads {name}"
        for path in _statements(MODELS)
        for name in REFERENCE.findall(_code(path))
        if order[_layer(name)] > order[path.relative_to(MODELS).parts[0]]
    }

    assert wrong == set()


def test_no_statement_above_staging_compares_a_channel_with_a_literal() -> None:
    above = _statements(MODELS / "intermediate", MODELS / "marts", PROJECT / "macros")

    assert _names([path for path in above if CHANNEL_AGAINST_LITERAL.search(_code(path))]) == []


def test_touches_and_credits_never_read_a_channel() -> None:
    crediting = _statements(MODELS / "intermediate" / "touches", MODELS / "intermediate" / "credits")

    assert crediting
    assert _names([path for path in crediting if "channel" in _code(path)]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "where channel = 'store'",
        "where lower(lines.channel) in ('a', 'b')",
        "case channel when 'x' then 1 end",
        "where 'web' = sales_channel",
        "where channel not like 'online%'",
    ],
)
def test_the_channel_rule_finds_what_it_forbids(statement: str) -> None:
    assert CHANNEL_AGAINST_LITERAL.search(statement)


def test_every_model_is_described_starting_with_its_grain() -> None:
    described = {
        model["name"]: str(model.get("description", ""))
        for path in MODELS.rglob("*.yml")
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
    }
    wrong = [path.stem for path in _statements(MODELS) if not described.get(path.stem, "").strip().startswith("One row per")]

    assert wrong == []
