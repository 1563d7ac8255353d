"""The vectorised calculation agrees with the plain one on generated plans and people."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import plain_bonus
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_bonus import World
from support_bonus import GROUP, Row, assigned, count, credit, inputs_of, pay, person, plan_of, target
from support_retailers import examples

from incentives.bonus import BonusInputs
from incentives.bonus.pools import divide
from incentives.errors import DocumentError
from incentives.periods import Period
from incentives.plans.model import Plan

MONEY = frozenset({"credited_revenue"})
RATIOS = frozenset({"csat_mean"})
amounts = st.integers(0, 3_000_000).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")
signed = st.integers(-800_000, 3_000_000).map(
    lambda minor: f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
)
days = st.dates(date(2026, 1, 1), date(2026, 4, 30))


@st.composite
def tables(draw: st.DrawFn, *, percent: bool, kind: str) -> str:
    starts = sorted(draw(st.sets(st.integers(0, 180 if percent else 25_000), min_size=1, max_size=4)))
    if draw(st.booleans()):
        starts = sorted({0, *starts})
    value = {
        "rate": st.integers(1, 300).map(lambda n: f"{n / 10}%"),
        "factor": st.integers(0, 30).map(lambda n: n / 10),
        "amount": st.integers(0, 900),
    }[kind]
    rows = [f"{{from: {start}{'%' if percent else ''}, {kind}: {draw(value)}}}" for start in starts]
    return f"[{', '.join(rows)}]"


@st.composite
def component_bodies(draw: st.DrawFn, name: str, interval: str | None) -> str:
    curve = draw(st.sampled_from(["tiers", "tiers", "step", "linear", "per_unit"]))
    percent = draw(st.booleans()) and curve != "per_unit"
    kind = draw(st.sampled_from(["rate", "amount", "factor"]))
    keys = {"id": name, "measure": "new_clients" if curve == "per_unit" else "credited_revenue"}
    has_target = percent or (kind == "factor" and curve == "tiers") or (curve != "per_unit" and draw(st.booleans()))
    if has_target:
        keys["target"] = draw(st.sampled_from(["individual", "8000"]))
    payout = [f"curve: {curve}"]
    if curve == "per_unit":
        payout.append(f"amount: {draw(st.integers(0, 50))}")
    else:
        payout.append(f"table: {draw(tables(percent=percent, kind=kind))}")
        if kind == "factor":
            payout.append(f"on_target: {draw(st.integers(0, 2000))}")
        if curve == "tiers":
            payout.append(f"mode: {draw(st.sampled_from(['marginal', 'retroactive']))}")
        if curve == "linear" and draw(st.booleans()):
            payout.append(f"slope: {draw(st.integers(0, 4))}")
        if curve != "linear":
            payout.append(f"boundary: {draw(st.sampled_from(['higher', 'lower']))}")
        if draw(st.integers(0, 2)) == 0:
            payout.append("below: flat")
    if draw(st.booleans()):
        keys["threshold"] = f"{draw(st.integers(0, 120))}%" if has_target else str(draw(st.integers(0, 9000)))
        if (curve == "per_unit" or (curve == "tiers" and kind != "amount")) and draw(st.booleans()):
            keys["excess_only"] = "true"
    if interval:
        keys["interval"] = interval
    if interval or draw(st.booleans()):
        keys["on_change"] = draw(st.sampled_from(["carry", "reset"]))
    if has_target and draw(st.booleans()):
        keys["target_over"] = draw(st.sampled_from(["to_date", "interval"]))
    if draw(st.booleans()):
        keys["cap"] = str(draw(st.integers(100, 9000)))
    if draw(st.integers(0, 3)) == 0:
        keys["interval_cap"] = str(draw(st.integers(0, 4000)))
    if draw(st.integers(0, 3)) == 0:
        keys["may_fall"] = "true"
    return "  - {" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + f", payout: {{{', '.join(payout)}}}}}\n"


@st.composite
def plan_sets(draw: st.DrawFn) -> list[Plan]:
    by = draw(st.sampled_from(["calendar_days", "calendar_days", "working_days", "hours", "months"]))
    given = draw(st.sampled_from(["personal", "full_time"])) if by != "months" else "personal"
    leave = draw(st.sampled_from(["include", "exclude"])) if by != "months" else "include"
    proration = f"{{by: {by}, given: {given}, leave: {leave}}}"
    fx = draw(st.sampled_from(["sale_date", "sale_date", "plan_rate"]))
    returns = draw(st.sampled_from(["original_period", "return_period"]))
    intervals = [draw(st.sampled_from([None, "quarter", "year"])) for _ in range(2)]
    versions = []
    for number, start in enumerate(
        ["2025-01-01", draw(st.sampled_from(["2026-02-01", "2026-03-10"]))][: draw(st.integers(1, 2))], 1
    ):
        names = ["one", "two"][: draw(st.integers(1, 2))]
        text = f"version: {number}\nvalid_from: {start}\nproration: {proration}\nreturns: {returns}\nfx: {fx}\n"
        text += f"eligibility: {{roles: [advisor], min_active_days: {draw(st.sampled_from([0, 10]))}}}\ncomponents:\n"
        text += "".join(draw(component_bodies(name, interval)) for name, interval in zip(names, intervals, strict=False))
        total = []
        if draw(st.booleans()):
            total.append(f"cap: {draw(st.integers(100, 9000))}")
        if draw(st.booleans()):
            months = draw(st.sampled_from(["", ", months_from_hire: 2"]))
            total.append(f"guarantee: {{amount: {draw(st.integers(0, 500))}{months}}}")
        if total:
            text += f"total: {{{', '.join(total)}}}\n"
        modifiers = []
        if draw(st.booleans()):
            table = "[{from: 0, factor: 0.9}, {from: 8, factor: 1.0}, {from: 9.3, factor: 1.1}]"
            modifiers.append(
                f"  - {{applies_to: [one], measure: csat_mean, missing: {draw(st.sampled_from(['1.0', '0.5']))}, table: {table}}}\n"
            )
        if draw(st.booleans()):
            modifiers.append(
                f"  - {{applies_to: all, gate: demos, {draw(st.sampled_from(['at_least', 'below']))}: 2, missing: {draw(st.sampled_from(['pass', 'pass', 'fail']))}}}\n"
            )
        if "target: " in text and draw(st.booleans()):
            modifiers.append("  - {applies_to: all, gate_attainment: one, at_least: 20%}\n")
        if modifiers:
            text += "modifiers:\n" + "".join(modifiers)
        try:
            versions.append(plan_of(text))
        except DocumentError:
            versions.append(plan_of(text.partition("modifiers:")[0]))
    return versions


@st.composite
def worlds(draw: st.DrawFn) -> World:
    measures: list[Row] = []
    people: list[Row] = []
    placed: list[Row] = []
    targets: list[Row] = []
    for who in ["A", "B"][: draw(st.integers(1, 2))]:
        hired = draw(st.one_of(st.none(), st.dates(date(2025, 11, 1), date(2026, 3, 20))))
        left = draw(st.one_of(st.none(), st.dates(date(2026, 2, 10), date(2026, 5, 10))))
        people.append({**person(who), "hired_on": hired, "left_on": left})
        cuts = sorted(draw(st.sets(st.dates(date(2025, 12, 5), date(2026, 4, 25)), max_size=2)))
        starts = [hired or date(2025, 1, 1), *(cut for cut in cuts if cut > (hired or date.min))]
        for number, start in enumerate(starts):
            role = draw(st.sampled_from(["advisor", "advisor", "advisor", "cashier"]))
            currency = draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"]))
            closes = draw(st.booleans()) and number + 1 < len(starts)
            end = starts[number + 1] - timedelta(days=draw(st.integers(0, 8))) if closes else None
            end = end if end and end > start else None
            row = assigned(
                who,
                role=role,
                team=draw(st.sampled_from(["T1", "T2"])),
                fte=draw(st.sampled_from([1000, 800, 333])),
                currency=currency,
            )
            placed.append({**row, "valid_from": start, "valid_to": end})
        for _ in range(draw(st.integers(0, 8))):
            earned = draw(days)
            booked = draw(st.sampled_from([0, 0, 20, 40]))
            row = credit(who, earned.isoformat(), draw(signed), currency=draw(st.sampled_from(["EUR", "EUR", "USD"])))
            measures.append({**row, "business_date": earned + timedelta(days=booked)})
        measures += [count(who, draw(days).isoformat(), draw(st.integers(0, 4)), "demos") for _ in range(draw(st.integers(0, 2)))]
        measures += [
            count(who, draw(days).isoformat(), 1, "new_clients", unit_key=f"{who}{number}")
            for number in range(draw(st.integers(0, 4)))
        ]
        measures += [
            count(who, draw(days).isoformat(), draw(st.integers(0, 40)), "csat_mean", denominator=4)
            for _ in range(draw(st.integers(0, 2)))
        ]
        for start, end in (
            ("2026-01-01", "2026-02-01"),
            ("2026-02-01", "2026-03-16"),
            ("2026-03-16", "2026-04-01"),
            ("2026-04-01", "2027-01-01"),
        ):
            if draw(st.integers(0, 5)):
                targets.append(target(who, start, end, draw(amounts)))
    hours = [
        {
            "associate_id": who,
            "work_date": on,
            "scheduled_centi": draw(st.sampled_from([0, 400, 750, 800])),
            "worked_centi": draw(st.sampled_from([0, 300, 800, 950])),
            "leave_centi": draw(st.sampled_from([0, 0, 400, 800])),
        }
        for who in ("A", "B")
        for on in sorted(draw(st.sets(days, max_size=6)))
    ]
    working = {
        (f"L-{draw(st.sampled_from(['T1', 'T2']))}", draw(days)): draw(st.booleans()) for _ in range(draw(st.integers(0, 6)))
    }
    rates = {(2026, "USD", "EUR"): Fraction(91, 100), (2026, "EUR", "USD"): Fraction(draw(st.integers(1, 2 * 10**9)), 10**9)}
    return World(measures, people, placed, targets, MONEY, RATIOS, 3, rates, hours, working)


def frozen(world: World, *, backwards: bool = False) -> BonusInputs:
    """What a calculation reads of a world."""
    step = -1 if backwards else 1
    return inputs_of(
        world.measures[::step],
        people=world.people[::step],
        assignments=world.assignments[::step],
        targets=world.targets[::step],
        more={
            "ordered_measures": [row for row in world.measures[::step] if row["measure"] in MONEY],
            "plan_rates": [
                {"rate_year": year, "from_currency": source, "to_currency": to, "rate_e9": int(rate * 10**9)}
                for (year, source, to), rate in world.rates.items()
            ],
            "attendance": world.hours[::step],
            "working_days": [
                {"location_id": place, "calendar_day": on, "is_working": works} for (place, on), works in world.working.items()
            ],
        },
    )


@examples(80)
@given(plans=plan_sets(), world=worlds(), month=st.integers(1, 4))
def test_the_vectorised_calculation_agrees_with_the_plain_one(plans: list[Plan], world: World, month: int) -> None:
    period = Period(date(2026, month, 1), "month")
    inputs = frozen(world)

    computed = pay(plans, inputs, period.label, GROUP)
    plain = plain_bonus.calculate(plans, world, period)

    found = {
        (one.associate_id, one.plan, one.currency): (
            one.worth_minor,
            {part.component: part.amount_minor for part in one.components if part.amount_minor},
        )
        for one in computed.statements
    }
    expected = {
        key: (one.worth, {name: amount for name, amount in one.components.items() if amount}) for key, one in plain.items()
    }
    assert found == expected


@given(pool=st.integers(0, 10**6), weights=st.lists(st.fractions(0, 5, max_denominator=12), min_size=1, max_size=6).filter(any))
def test_a_pool_is_divided_without_a_rest_and_as_the_plain_division_does(pool: int, weights: list[Fraction]) -> None:
    import numpy as np

    shares, nobody = divide(np.array([pool], dtype=np.int64), np.zeros(len(weights), dtype=np.int64), weights)

    assert sum(shares) == pool
    assert nobody == set()
    assert shares == list(
        plain_bonus.divide_pool(pool, {f"{number:02d}": weight for number, weight in enumerate(weights)}).values()
    )


@settings(max_examples=60, deadline=None)
@given(plans=plan_sets(), world=worlds(), month=st.integers(1, 4))
def test_the_order_of_rows_changes_nothing(plans: list[Plan], world: World, month: int) -> None:
    period = f"2026-0{month}"
    forth, back = frozen(world), frozen(world, backwards=True)

    assert list(pay(plans, forth, period).statements) == list(pay(plans, back, period).statements)


@settings(max_examples=60, deadline=None)
@given(plans=plan_sets(), world=worlds(), month=st.integers(1, 4))
def test_the_trace_leads_from_its_components_to_the_worth(plans: list[Plan], world: World, month: int) -> None:
    inputs = frozen(world)

    for statement in pay(plans, inputs, f"2026-0{month}").statements:
        last = statement.trace[-1]
        assert (last.step, Fraction(last.output) * 100) == ("worth", statement.worth_minor)
        assert [step.sequence for step in statement.trace] == list(range(1, len(statement.trace) + 1))
        total = next(step for step in statement.trace if step.step == "total")
        rounded = [Fraction(step.output) for step in statement.trace if step.step == "rounding"]
        assert sum(rounded) == Fraction(total.output)


@given(minor=st.integers(9 * 10**12, 10**13), rate=st.integers(1, 10**12))
def test_products_beyond_64_bits_are_computed_wide(minor: int, rate: int) -> None:
    ratio = Fraction(rate, 10**12)
    plan = plan_of(
        f"components:\n  - {{id: pay, measure: credited_revenue, payout: {{curve: tiers, table: [{{from: 0, rate: {rate / 10**12:.12f}}}]}}}}\n"
    )
    rows = [{**credit("A", "2026-01-05", "1.00"), "numerator": minor} for _ in range(3)]

    (statement,) = pay(plan, inputs_of(rows)).statements

    assert statement.worth_minor == round(3 * minor * ratio)
