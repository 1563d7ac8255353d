"""Reading policy files: every mistake with file, line and key, versions in order, no two that compete.

Not here: what a policy means (model.py) and the tables it becomes (compile.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path

from incentives import documents
from incentives.documents import Document, KeyPath, Node
from incentives.errors import DocumentError
from incentives.policies.model import Policy

CHANNEL_REASON = "a policy cannot name a channel; where something happened never decides who is credited"
# Names under which sources deliver channels. A key or value that is one of these is refused with the reason
# above instead of a bare "unknown key".
CHANNEL_NAMES = frozenset(
    (
        "app boutique callcentre callcenter chat clickandcollect contactcentre contactcenter ecommerce email facebook inapp instagram "
        "instore kakaotalk livechat mail mailorder marketplace messenger mobile mobileapp offline online phone pointofsale popup pos "
        "retailstore shop shopify sms social socialmedia store stores tablet telegram telephone text tiktok video videocall "
        "videoconsult viber web webchat webshop website wechat weibo whatsapp"
    ).split()
)
# Free text of the retailer: a product category may well be called `phone`.
_FREE_TEXT: tuple[KeyPath, ...] = (("policy",), ("exclude", "categories"))


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a policy: what it says, the file it stands in, and how long it is in force.

    Attributes:
        policy: The validated content.
        file: Where it was read, for messages.
        valid_to: First day on which a later version of the same name and scope replaces it; None where none does.
    """

    policy: Policy
    file: Path
    valid_to: date | None


def read_policy(path: Path) -> Policy:
    """Read one policy file.

    Raises:
        DocumentError: One line per mistake: `file:line: key: what was expected`.
    """
    return _policy(documents.load(path))


def parse_policy(text: str, path: Path) -> Policy:
    """Return the policy of a text; `path` names it in messages. Raises as `read_policy` does."""
    return _policy(documents.parse(text, path))


def load_policies(places: Path | Iterable[Path]) -> tuple[PolicyVersion, ...]:
    """Read policies, order their versions, and refuse any that compete.

    Args:
        places: A folder (its `*.yaml` and `*.yml` files) or the files themselves.

    Returns:
        Versions sorted by name, scope and valid_from; empty for an empty folder.

    Raises:
        DocumentError: Every mistake of every file, or two equally specific policies in force on one day
            for one country, naming both files.
    """
    files = policy_files(places) if isinstance(places, Path) else list(places)
    return in_order(_read_all(files))


def load_policy_texts(texts: Iterable[tuple[str, str]]) -> tuple[PolicyVersion, ...]:
    """Return the versions that policy texts (file name, text) make; refuses as `load_policies` does."""
    problems: list[str] = []
    found: list[tuple[Path, Policy]] = []
    for name, text in texts:
        try:
            found.append((Path(name), parse_policy(text, Path(name))))
        except DocumentError as error:
            problems.extend(error.problems)
    if problems:
        raise DocumentError(problems)
    return in_order(found)


def policy_files(place: Path) -> list[Path]:
    """Return the policy files of a folder, by name, or the file itself."""
    if not place.is_dir():
        return [place]
    return sorted(path for path in place.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def in_order(policies: Iterable[tuple[Path, Policy]]) -> tuple[PolicyVersion, ...]:
    """Return policies as versions, each ending where the next of its name and scope begins.

    Raises:
        DocumentError: Two of them hold for the same lines with equal rank, naming both files.
    """
    lineages: dict[tuple[str, tuple[str, ...]], list[tuple[Path, Policy]]] = {}
    for file, policy in sorted(
        policies, key=lambda entry: (entry[1].policy, entry[1].countries, entry[1].valid_from, str(entry[0]))
    ):
        lineages.setdefault((policy.policy, policy.countries), []).append((file, policy))
    versions: list[PolicyVersion] = []
    problems: list[str] = []
    for lineage in lineages.values():
        for (file, policy), (later_file, later) in pairwise(lineage):
            if policy.valid_from == later.valid_from:
                problems.append(
                    f"{later_file}:1: valid_from: {file} is a version of '{policy.policy}' from {policy.valid_from} too; "
                    "each version needs its own first day."
                )
        ends: list[date | None] = [later.valid_from for _, later in lineage[1:]]
        versions += [PolicyVersion(policy, file, end) for (file, policy), end in zip(lineage, [*ends, None], strict=True)]
    problems += [_competition(one, other) for one, other in combinations(versions, 2) if _compete(one, other)]
    if problems:
        raise DocumentError(problems)
    return tuple(versions)


def _compete(one: PolicyVersion, other: PolicyVersion) -> bool:
    first, second = one.policy, other.policy
    if (first.policy, first.countries) == (second.policy, second.countries) or first.specificity != second.specificity:
        return False
    same_place = not first.countries or bool(set(first.countries) & set(second.countries))
    starts_in_time = (other.valid_to is None or first.valid_from < other.valid_to) and (
        one.valid_to is None or second.valid_from < one.valid_to
    )
    return same_place and starts_in_time


def _competition(one: PolicyVersion, other: PolicyVersion) -> str:
    shared = sorted(set(one.policy.countries) & set(other.policy.countries))
    place = f"for {', '.join(shared)}" if shared else "everywhere"
    start = max(one.policy.valid_from, other.policy.valid_from)
    return (
        f"{other.file}:1: policy: '{other.policy.policy}' and '{one.policy.policy}' ({one.file}) both hold {place} "
        f"from {start} and neither is more specific; give one of them a scope, or make them versions of one policy."
    )


def _read_all(files: Sequence[Path]) -> list[tuple[Path, Policy]]:
    problems: list[str] = []
    found: list[tuple[Path, Policy]] = []
    for path in files:
        try:
            found.append((path, read_policy(path)))
        except DocumentError as error:
            problems.extend(error.problems)
    if problems:
        raise DocumentError(problems)
    return found


def _policy(document: Document) -> Policy:
    channels = dict(_channels(document.root, ()))
    try:
        policy = documents.validate(document, Policy)
    except DocumentError as error:
        # pydantic reports a wrong key of a mapping as `key.[key]`.
        problems = [problem.replace(".[key]: Input should be", ": unknown here; expected", 1) for problem in error.problems]
        named = tuple(f"{document.where(path)}: {_dotted(path)}: " for path in channels)
        raise DocumentError(
            [*_channel_problems(document, channels), *(problem for problem in problems if not problem.startswith(named))]
        ) from error
    if channels:
        raise DocumentError(_channel_problems(document, channels))
    return policy


def _channel_problems(document: Document, channels: dict[KeyPath, str]) -> list[str]:
    return [f"{document.where(path)}: {_dotted(path)}: '{word}': {CHANNEL_REASON}." for path, word in channels.items()]


def _channels(node: Node, path: KeyPath) -> Iterable[tuple[KeyPath, str]]:
    if any(path[: len(free)] == free for free in _FREE_TEXT):
        return
    if isinstance(node, dict):
        for key, value in node.items():
            if _names_a_channel(key):
                yield (*path, key), key
            else:
                yield from _channels(value, (*path, key))
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _channels(item, (*path, index))
    elif node is not None and _names_a_channel(node):
        yield path, node


def _names_a_channel(word: str) -> bool:
    plain = re.sub(r"[\s_-]+", "", word.casefold())
    return "channel" in plain or plain in CHANNEL_NAMES


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
