"""The configuration of a workspace is validated whole, and its key never lives inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from incentives.errors import BusyError, DocumentError, InputError
from incentives.settings import read_config
from incentives.workspace import Workspace, create_key

GOOD = """\
[workspace]
id = "0123456789abcdef0123456789abcdef"
name = "Example"
time_zone = "Europe/Paris"

[sources.pos-eu]
feeds = ["order_lines", "control_totals"]
time_zone = "Europe/Paris"

[pay_groups.fr]
legal_entity = "Example SAS"
country = "FR"
currency = "EUR"
default = true
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "incentives.toml"
    path.write_text(text)
    return path


def test_a_source_may_deliver_only_the_feeds_it_is_listed_for(tmp_path: Path) -> None:
    config = read_config(_write(tmp_path, GOOD))

    assert config.sources["pos-eu"].may_deliver("order_lines")
    assert not config.sources["pos-eu"].may_deliver("targets")


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        ('time_zone = "Europe/Paris"\n\n[sources', 'time_zone = "Europe/Pariss"\n\n[sources', 4, "IANA name"),
        ('"control_totals"', '"control_total"', 7, "is not a feed"),
        ('currency = "EUR"', 'currency = "EURO"', 13, "ISO 4217"),
        ('name = "Example"', 'name = "Example"\ncolour = "red"', 4, "unknown key"),
        ('country = "FR"\n', "", 10, "required"),
        ("default = true", "default = maybe", 14, "not valid TOML"),
    ],
)
def test_a_mistake_is_refused_with_file_line_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    path = _write(tmp_path, GOOD.replace(old, new))

    with pytest.raises(DocumentError) as raised:
        read_config(path)

    assert raised.value.problems[0].startswith(f"{path}:{line}: ")
    assert words in raised.value.problems[0]


def test_two_default_pay_groups_are_refused(tmp_path: Path) -> None:
    second = GOOD.split("[pay_groups.fr]")[1]
    path = _write(tmp_path, GOOD + "\n[pay_groups.de]" + second)

    with pytest.raises(DocumentError, match="only one group can be the default"):
        read_config(path)


def test_a_folder_without_configuration_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="incentives init"):
        Workspace.open(tmp_path)


def test_the_key_comes_from_the_environment_or_from_a_file_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    _write(root, GOOD)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("INCENTIVES_KEY", raising=False)
    workspace = Workspace.open(root)

    with pytest.raises(InputError, match="INCENTIVES_KEY"):
        workspace.key()
    made = create_key(workspace.config.workspace.id)
    assert root not in made.parents
    assert made.stat().st_mode & 0o777 == 0o600
    assert workspace.key() == made.read_bytes()
    monkeypatch.setenv("INCENTIVES_KEY", "short")
    with pytest.raises(InputError, match="shorter than"):
        workspace.key()


def test_a_second_writer_is_refused_naming_the_first(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    workspace = Workspace.open(tmp_path)

    with (
        workspace.writer_lock("build"),
        pytest.raises(BusyError, match=r"`build`, process \d+, since 20"),
        workspace.writer_lock("land"),
    ):
        pass
    with workspace.writer_lock("land"):
        pass
