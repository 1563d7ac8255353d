"""Crediting policy files: what is read, what is refused and how, and which version holds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from incentives.errors import DocumentError
from incentives.policies import load_policies, load_policy_texts, parse_policy, policy_tables, read_policy, schema
from incentives.policies.warnings import policy_warnings

DAY = 86_400
MINIMAL = "policy: global\nvalid_from: 2026-01-01\nroles: {seller: 100}\n"
TEMPLATE = Path(__file__).parents[2] / "incentives" / "templates" / "policies" / "global.yaml"


def _problems(text: str) -> tuple[str, ...]:
    with pytest.raises(DocumentError) as refused:
        parse_policy(text, Path("global.yaml"))
    return refused.value.problems


def test_left_out_keys_are_off_but_for_the_documented_defaults() -> None:
    policy = parse_policy(MINIMAL, Path("global.yaml"))

    assert (policy.unclaimed, policy.unidentified, policy.returns.unmatched) == ("redistribute", "house", "house")
    assert (policy.advisor.lookback_days, policy.advisor.model) == (30 * DAY, "linear")
    assert (policy.advisor.outreach_needs_response_days, policy.advisor.own_sale_hours, policy.advisor.late_logging_hours) == (
        None,
    ) * 3
    assert (policy.advisor.one_per_day, policy.advisor.max_per_order, policy.advisor.weights) == (False, 0, {})
    assert (policy.relationship.settle_days, policy.relationship.active_days) == (0, None)
    assert (policy.exclude.categories, policy.exclude.self_purchase) == ((), False)


def test_the_template_says_the_usual_values() -> None:
    policy = read_policy(TEMPLATE)

    assert list(policy.roles.items()) == [("seller", 50), ("advisor", 35), ("relationship", 15)]
    assert policy.advisor.half_life_days == 7 * DAY
    assert policy.advisor.own_sale_hours == DAY
    assert policy_warnings(policy) == ()


@pytest.mark.parametrize(
    ("line", "key", "word"),
    [
        ("channel: store", "channel", "channel"),
        ("scope: {channels: [store]}", "scope.channels", "channels"),
        ("advisor: {weights: {whatsapp: 2}}", "advisor.weights.whatsapp", "whatsapp"),
        ("advisor: {channel_weights: {a: 1}}", "advisor.channel_weights", "channel_weights"),
        ("advisor: {model: online}", "advisor.model", "online"),
        ("scope: {countries: [Web-Shop]}", "scope.countries.0", "Web-Shop"),
        ("exclude: {sales_channel: [web]}", "exclude.sales_channel", "sales_channel"),
    ],
)
def test_a_key_or_value_that_names_a_channel_is_refused_with_the_reason(line: str, key: str, word: str) -> None:
    problems = _problems(MINIMAL + line + "\n")

    assert problems[0] == (
        f"global.yaml:4: {key}: '{word}': a policy cannot name a channel; where something happened never decides who is credited."
    )


def test_a_category_may_be_called_like_a_channel() -> None:
    policy = parse_policy(MINIMAL + "exclude: {categories: [phone]}\n", Path("global.yaml"))

    assert policy.exclude.categories == ("phone",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL + "commission: 3\n", "global.yaml:4: commission: unknown key; it is not part of this language."),
        ("policy: global\nvalid_from: 2026-01-01\n", "global.yaml:1: roles: required, but missing."),
        (MINIMAL.replace("100", "0"), "global.yaml:3: roles: at least one role needs a weight above 0."),
        (MINIMAL.replace("100", "33.3"), "global.yaml:3: roles.seller: expected a whole number, found '33.3'."),
        (MINIMAL.replace("2026-01-01", "2026-02-30"), "global.yaml:2: valid_from: '2026-02-30' is not a day of the calendar."),
        (MINIMAL.replace("2026-01-01", "soon"), "global.yaml:2: valid_from: expected a date such as 2026-01-01, found 'soon'."),
        (MINIMAL + "advisor: {model: time_decay}\n", "global.yaml:4: advisor: model time_decay needs half_life_days."),
        (
            MINIMAL + "advisor: {model: position}\n",
            "global.yaml:4: advisor: model position needs position: [first, middle, last].",
        ),
        (
            MINIMAL + "advisor:\n  position: [40, 20, 30]\n",
            "global.yaml:5: advisor.position: first, middle and last must sum to 100, these sum to 90.",
        ),
        (MINIMAL + "advisor: {half_life_days: 0}\n", "global.yaml:4: advisor.half_life_days: expected more than 0 days."),
        (MINIMAL + "advisor: {one_per_day: yes}\n", "global.yaml:4: advisor.one_per_day: expected true or false, found 'yes'."),
        (
            MINIMAL + "relationship: {settle_days: 1.5}\n",
            "global.yaml:4: relationship.settle_days: expected whole days, found '1.5'.",
        ),
        (
            MINIMAL + "scope: {countries: []}\n",
            "global.yaml:4: scope.countries: expected at least one country; leave scope out for everywhere.",
        ),
        (MINIMAL + "roles: {seller: 1}\n", "global.yaml:4: roles: the key stands twice."),
    ],
)
def test_a_mistake_is_named_with_file_line_key_and_what_was_expected(text: str, expected: str) -> None:
    assert expected in _problems(text)


def test_a_wrong_kind_of_interaction_lists_the_kinds() -> None:
    (problem,) = _problems(MINIMAL + "advisor: {weights: {visit: 2}}\n")

    assert problem.startswith("global.yaml:4: advisor.weights.visit: unknown here; expected 'consultation', 'conversation',")


def test_every_mistake_of_every_file_is_named_at_once() -> None:
    with pytest.raises(DocumentError) as refused:
        load_policy_texts([("a.yaml", MINIMAL + "x: 1\ny: 2\n"), ("b.yaml", "policy: b\n")])

    assert [problem.split(":")[0] for problem in refused.value.problems] == ["a.yaml", "a.yaml", "b.yaml", "b.yaml"]


def test_spans_are_read_exactly_into_seconds() -> None:
    policy = parse_policy(MINIMAL + "advisor: {lookback_days: 0.5, own_sale_hours: 1.5}\n", Path("global.yaml"))

    assert (policy.advisor.lookback_days, policy.advisor.own_sale_hours) == (43_200, 5_400)


def test_a_version_holds_until_the_next_of_its_name_and_scope() -> None:
    later = MINIMAL.replace("2026-01-01", "2026-07-01")

    versions = load_policy_texts([("later.yaml", later), ("first.yaml", MINIMAL)])

    assert [(str(version.file), version.policy.valid_from, version.valid_to) for version in versions] == [
        ("first.yaml", date(2026, 1, 1), date(2026, 7, 1)),
        ("later.yaml", date(2026, 7, 1), None),
    ]


def test_two_versions_of_one_first_day_are_refused_naming_both_files() -> None:
    with pytest.raises(DocumentError) as refused:
        load_policy_texts([("a.yaml", MINIMAL), ("b.yaml", MINIMAL)])

    assert refused.value.problems == (
        "b.yaml:1: valid_from: a.yaml is a version of 'global' from 2026-01-01 too; each version needs its own first day.",
    )


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [("", "", "everywhere"), ("scope: {countries: [FR, AE]}\n", "scope: {countries: [AE]}\n", "for AE")],
)
def test_two_policies_of_equal_rank_are_refused_naming_both_files(first: str, second: str, place: str) -> None:
    other = MINIMAL.replace("global", "other")

    with pytest.raises(DocumentError) as refused:
        load_policy_texts([("a.yaml", MINIMAL + first), ("b.yaml", other + second)])

    assert refused.value.problems == (
        f"b.yaml:1: policy: 'other' and 'global' (a.yaml) both hold {place} from 2026-01-01 and neither is more specific; "
        "give one of them a scope, or make them versions of one policy.",
    )


def test_a_country_may_have_a_policy_of_its_own_beside_the_one_for_everywhere() -> None:
    gulf = MINIMAL.replace("global", "gulf") + "scope: {countries: [AE]}\n"

    assert len(load_policy_texts([("a.yaml", MINIMAL), ("b.yaml", gulf)])) == 2


def test_the_key_depends_on_what_the_policy_says_and_not_on_how_it_is_written() -> None:
    written_out = "# ours\nroles:\n  seller: 100\nunclaimed: redistribute\nvalid_from: '2026-01-01'\npolicy: global\n"
    swapped = MINIMAL.replace("{seller: 100}", "{advisor: 50, seller: 50}")

    assert parse_policy(MINIMAL, Path("a")).key == parse_policy(written_out, Path("b")).key
    assert parse_policy(swapped, Path("a")).key != parse_policy(MINIMAL.replace("100}", "50, advisor: 50}"), Path("a")).key


def test_roles_and_kinds_of_weight_zero_have_no_row() -> None:
    text = MINIMAL.replace("seller: 100", "seller: 0, advisor: 100") + "advisor: {weights: {fulfilment: 0, event: 2}}\n"

    tables = policy_tables(load_policy_texts([("a.yaml", text)]))

    assert [row[1:] for row in tables["policy_roles"]] == [("advisor", 2, 100)]
    assert [row[1:] for row in tables["policy_kind_weights"]] == [("event", 2)]


def test_a_folder_without_policies_loads_none(tmp_path: Path) -> None:
    assert load_policies(tmp_path) == ()


def test_warnings_name_what_a_policy_tempts_people_to_do() -> None:
    text = MINIMAL.replace("seller: 100", "advisor: 100") + "advisor: {model: last, weights: {outreach: 1}}\n"

    said = " ".join(policy_warnings(parse_policy(text, Path("a.yaml"))))

    assert "`last` gives everything" in said
    assert "unanswered messages count" in said
    assert "own touches at the till" in said


def test_the_published_schema_is_current_and_closed() -> None:
    published = json.loads(schema.PAGE.read_text(encoding="utf-8"))

    assert schema.PAGE.read_text(encoding="utf-8") == schema.render(), "run `python -m incentives.policies.schema`"
    assert published["additionalProperties"] is False
    assert published["required"] == ["policy", "valid_from", "roles"]
    assert all(section["additionalProperties"] is False for section in published["$defs"].values())
