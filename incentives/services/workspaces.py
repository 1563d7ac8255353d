"""Making a new workspace: its tree, its configuration with comments, a first policy, its key.

The configuration is written last, so a creation that is cut off leaves a folder that no command takes for
a workspace.
"""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from importlib import resources
from pathlib import Path
from string import Template

from pydantic import ValidationError

from incentives.errors import InputError
from incentives.periods import Calendar
from incentives.settings import CONFIG_NAME, Config
from incentives.workspace import KEY_VARIABLE, Workspace, create_key

OPEN_FOLDERS = ("inbox/manual", "mappings", "policies", "plans", "connectors")
_EXPECTED = {
    "country": "expected an ISO 3166 alpha-2 code such as FR",
    "name": "expected a name",
}
PRIVATE_FOLDERS = ("bronze", "set_aside", "warehouse", "snapshots", "manifests", "exports", "logs")


def create_workspace(
    root: Path,
    *,
    name: str,
    demo: bool = False,
    currency: str = "EUR",
    country: str = "FR",
    time_zone: str = "UTC",
    calendar: Calendar = "month",
) -> Workspace:
    """Make a workspace in a new or empty folder and return it, opened.

    Args:
        root: The folder; made with its parents where it does not exist.
        name: The retailer's name, also of the one legal entity of the first pay group.
        demo: Whether demo users and generated feeds are taken; cannot be changed later.
        currency: ISO 4217 code in which the first pay group is paid.
        country: ISO 3166 alpha-2 code of the first pay group.
        time_zone: IANA name; the business date of what has no location.
        calendar: Calendar of the first pay group's bonus cycles.

    Raises:
        InputError: The folder holds something already, or a value is not one that a workspace takes.
    """
    root = root.expanduser().resolve()
    _refuse_occupied(root)
    identity = secrets.token_hex(16)
    values = {
        "id": identity,
        "name": name,
        "demo": demo,
        "time_zone": time_zone,
        "country": country,
        "calendar": calendar,
        "currency": currency,
    }
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    config_text = Template(_template("incentives.toml")).substitute(quoted)
    config = _validated(config_text)
    _make_tree(root)
    plan = Template(_template("plans/client-advisor.yaml.example"))
    plan_text = plan.substitute(calendar_word=calendar, currency_word=currency)
    (root / "policies" / "global.yaml").write_text(_template("policies/global.yaml"), encoding="utf-8")
    (root / "plans" / "client-advisor.yaml.example").write_text(plan_text, encoding="utf-8")
    (root / "plans" / "README.md").write_text(_template("plans/README.md"), encoding="utf-8")
    for example in sorted(_templates("connectors")):
        (root / "connectors" / example).write_text(_template(f"connectors/{example}"), encoding="utf-8")
    (root / ".gitignore").write_text(_template("gitignore"), encoding="utf-8")
    if KEY_VARIABLE not in os.environ:
        create_key(identity)
    (root / CONFIG_NAME).write_text(config_text, encoding="utf-8")
    return Workspace(root, config)


def _refuse_occupied(root: Path) -> None:
    if not root.exists():
        return
    if not root.is_dir():
        raise InputError("this is a file, not a folder.", where=str(root), remedy="Name a new or an empty folder.")
    if (root / CONFIG_NAME).exists():
        raise InputError("there is a workspace in this folder already.", where=str(root), remedy="Name another folder.")
    if any(root.iterdir()):
        raise InputError("the folder is not empty.", where=str(root), remedy="Name a new or an empty folder.")


def _validated(text: str) -> Config:
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"a value cannot be written into {CONFIG_NAME}: {error}.") from error
    except ValidationError as error:
        detail = error.errors()[0]
        key = str(detail["loc"][-1])
        message = _EXPECTED.get(key) or detail["msg"].removeprefix("Value error, ")
        raise InputError(f"{message}.", where=key) from error


def _make_tree(root: Path) -> None:
    try:
        for folder in (*OPEN_FOLDERS, *PRIVATE_FOLDERS):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for folder in PRIVATE_FOLDERS:
            (root / folder).chmod(0o700)
    except OSError as error:
        raise InputError(f"the folder cannot be made: {error.strerror}.", where=str(root)) from error


def _template(name: str) -> str:
    return resources.files("incentives").joinpath("templates", name).read_text(encoding="utf-8")


def _templates(folder: str) -> list[str]:
    return [entry.name for entry in resources.files("incentives").joinpath("templates", folder).iterdir()]
