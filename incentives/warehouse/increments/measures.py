"""Measures that may differ: those of a subject and a pair of dates, measured again from everything that makes them.

A cell is a subject with a business date and an earned date, and what its measures are made of: the credits and orders of that
subject on those dates, a team's from those of its members; their work and answers; or their clients and outreach. Each follows
from nothing else, so that what one of them asks for is not looked at for the others.
"""

from __future__ import annotations

import re

from incentives.feeds.sql_rows import literal
from incentives.warehouse.increments import clients
from incentives.warehouse.increments.scratch import BEFORE, PLACE, Scratch, changed

_PAIR = "business_date, earned_date"
_CELL = ("subject_type", "subject_id", "business_date", "earned_date")
# How a model names the measures that it makes.
_MEASURE = re.compile(r"'(\w+)' as measure\b")
CREDITS, WORK, CLIENTS = "credits", "work", "clients"
# A moment's local date is its UTC date, the one before or the one after.
_AROUND = "unnest([cast({0} as date) - 1, cast({0} as date), cast({0} as date) + 1])"


def count_orders(scratch: Scratch) -> None:
    """Compare the orders that count, and their places among those of their clients."""
    scratch.differ("int_remaining_orders", "semi join scope.orders using (order_key)")
    scratch.show_now("int_remaining_orders", ("order_key",))
    scratch.table(
        "scope.counted_customers",
        "select customer_key from added.int_remaining_orders union select customer_key from removed.int_remaining_orders",
    )
    scratch.table(
        "intermediate.int_remaining_orders",
        "select * from now.int_remaining_orders semi join scope.counted_customers using (customer_key) union "
        "select * from added.int_remaining_orders",
    )
    scratch.run("int_counted_orders")
    scratch.table(
        "scope.placed_orders",
        "select order_key from intermediate.int_counted_orders union select order_key from removed.int_remaining_orders",
    )
    scratch.differ("int_counted_orders", "semi join scope.placed_orders using (order_key)")
    scratch.show_now("int_counted_orders", ("order_key",))
    clients.count_books(scratch)


def scope_cells(scratch: Scratch) -> None:
    """Find the cells whose measures may differ: `scope.cells(subject_type, subject_id, business_date, earned_date, made_of)`.

    Leaves `scope.<made_of>_cells(associate_id, business_date, earned_date)` of people, and `scope.<made_of>_days` of those whose
    dates are one.
    """
    scratch.run("dim_assignments")
    for side, assignments in (("before", f"{BEFORE}.marts.dim_assignments"), ("now", "marts.dim_assignments")):
        scratch.table(
            f"scope.teams_{side}",
            "select associate_id, team_id, valid_from, lead(valid_from) over (partition by associate_id order by valid_from) as next_valid_from "
            f"from {assignments}",
        )
    scratch.table(
        "scope.changed_orders",
        f"select order_key from {changed('fct_credits')} union select order_key from {changed('int_counted_orders')}",
    )
    made_of = {
        CREDITS: f"{_of_credits()} union {_of_orders()} union {_of_teams()}",
        WORK: _of_work(),
        CLIENTS: clients.cells_of_clients(scratch),
    }
    for name, people in made_of.items():
        scratch.table(
            f"scope.{name}_cells",
            f"select associate_id, {_PAIR} from ({people}) where associate_id is not null and associate_id <> 'house' "
            "and business_date is not null",
        )
        scratch.table(
            f"scope.{name}_days", f"select associate_id, business_date from scope.{name}_cells where business_date = earned_date"
        )
    members = f"select distinct associate_id from {changed('stg_assignments')}"
    scratch.table(
        "scope.member_pairs",
        # A team is credited what its members are, and measured by nothing else.
        f"select recipient as associate_id, {_PAIR} from {changed('fct_credits')} union "
        f"select recipient as associate_id, {_PAIR} from {changed('fct_pay_credits')} union "
        f"select recipient as associate_id, {_PAIR} from now.fct_credits where recipient in ({members}) union "
        f"select recipient as associate_id, {_PAIR} from now.fct_pay_credits where recipient in ({members})",
    )
    teams = " union ".join(
        f"select 'team' as subject_type, teams.team_id as subject_id, pairs.business_date, pairs.earned_date, '{CREDITS}' as made_of "
        "from scope.member_pairs as pairs "
        f"inner join scope.teams_{side} as teams on {_member('pairs.associate_id', 'pairs.earned_date')} where teams.team_id is not null"
        for side in ("before", "now")
    )
    people = " union ".join(
        f"select 'associate' as subject_type, associate_id as subject_id, {_PAIR}, '{name}' as made_of from scope.{name}_cells"
        for name in made_of
    )
    scratch.table(
        "scope.cells",
        f"{people} union {teams} union "
        f"select 'location' as subject_type, location_id as subject_id, {_PAIR}, '{CREDITS}' as made_of from {changed('int_order_lines')} "
        "where location_id is not null and business_date is not null",
    )


def measure_cells(scratch: Scratch) -> None:
    """Measure the cells in scope again and compare their measures."""
    _show_orders(scratch)
    clients.show_clients(scratch)
    _show_work(scratch)
    scratch.table(
        "staging.stg_order_lines",
        "select * from now.stg_order_lines semi join intermediate.int_order_lines using (order_line_key)",
    )
    scratch.look_up_dates()
    scratch.run("int_residences", "int_measures_of_orders", "int_measures_of_work", "int_measures_of_clients")
    for model in ("fct_measures", "fct_pay_measures"):
        same = " and ".join(f"measured.{column} = cells.{column}" for column in _CELL)
        cells = f"as measured semi join scope.cells as cells on {same} and cells.made_of = {_made_of(scratch)}"
        scratch.table(f"marts.{model}", f"select * from ({scratch.models[model].sql}) {cells}")
        scratch.differ(model, cells)


def measures_named(select: str) -> frozenset[str]:
    """Return the measures that a model's select names; those of scores are named by the feed."""
    return frozenset(_MEASURE.findall(select))


def _made_of(scratch: Scratch) -> str:
    """Return what the rows of `measured` are made of, by their measure: whatever no other model names is of work."""
    models = scratch.models
    of_clients = measures_named(models["int_measures_of_clients"].sql)
    of_credits = measures_named(models["fct_measures"].sql) | measures_named(models["int_measures_of_orders"].sql)
    whens = " ".join(
        f"when measured.measure in ({', '.join(literal(name) for name in sorted(names))}) then '{made_of}'"
        for made_of, names in ((CLIENTS, of_clients), (CREDITS, of_credits))
    )
    return f"case {whens} else '{WORK}' end"


def _member(associate: str, day: str) -> str:
    """Return the condition that a person was in a team on a day: a membership holds until the next begins."""
    return (
        f"{associate} = teams.associate_id and {day} >= teams.valid_from "
        f"and ({day} < teams.next_valid_from or teams.next_valid_from is null)"
    )


def _of_credits() -> str:
    """Return the people's cells of credits that changed, and of lines that did: their units count."""
    return (
        f"select recipient as associate_id, {_PAIR} from {changed('fct_credits')} union "
        f"select recipient, {_PAIR} from {changed('fct_pay_credits')} union "
        f"select credits.recipient, lines.business_date, lines.earned_date from {changed('int_order_lines')} as lines "
        "inner join now.int_credits as credits using (order_line_key)"
    )


def _of_orders() -> str:
    """Return the people's days of orders that count otherwise, that they advise on, or whose client lives elsewhere than was known."""
    orders = "(select * from now.int_counted_orders union all by name select * from removed.int_counted_orders)"
    advice = (
        "(select order_key, recipient from now.fct_credits where role = 'advisor' union all "
        "select order_key, recipient from removed.fct_credits where role = 'advisor')"
    )
    records = (
        f"select customer_record_key from {changed('stg_customers')} union select customer_record_key from scope.changed_records"
    )
    residents = (
        "select unnest([coalesce(earlier.customer_key, customer_record_key), coalesce(later.customer_key, customer_record_key)]) as customer_key "
        f"from ({records}) as records left join {BEFORE}.intermediate.int_customer_map as earlier using (customer_record_key) "
        "left join now.int_customer_map as later using (customer_record_key) where customer_record_key is not null"
    )
    day = "business_date, business_date as earned_date"
    return (
        f"select associate_id, {day} from {changed('int_counted_orders')} union "
        f"select advice.recipient, orders.business_date, orders.business_date from {orders} as orders "
        f"inner join {advice} as advice using (order_key) semi join scope.changed_orders using (order_key) union "
        f"select associate_id, {day} from now.int_counted_orders semi join ({residents}) using (customer_key) union "
        f"select associate_id, {day} from now.int_counted_orders semi join scope.changed_locations using (location_id)"
    )


def _of_teams() -> str:
    """Return the people's days of orders on which somebody is, or was, credited whose team, or whose credit, changed."""
    credits = "(select order_key, recipient from now.fct_credits union all select order_key, recipient from removed.fct_credits)"
    return (
        "select associate_id, business_date, business_date as earned_date from now.int_counted_orders semi join (select order_key from "
        f"scope.changed_orders union select order_key from {credits} where recipient in "
        f"(select associate_id from {changed('stg_assignments')})) using (order_key)"
    )


def _of_work() -> str:
    """Return the people's days of work, answers and scores that changed."""
    interactions, feedback = changed("stg_interactions"), changed("stg_feedback")
    about = "answers.interaction_source = about.source and answers.interaction_id = about.interaction_id"
    every = "(select * from now.stg_interactions union all by name select * from removed.stg_interactions)"
    days = (
        f"select associate_id, {_AROUND.format('started_at')} as day from {interactions} union "
        f"select associate_id, {_AROUND.format('started_at')} from now.stg_interactions semi join scope.changed_locations using (location_id) union "
        f"select associate_id, {_AROUND.format('given_at')} from {feedback} union "
        # An answer without a person is about whose interaction it was.
        f"select about.associate_id, {_AROUND.format('answers.given_at')} from {feedback} as answers inner join {every} as about on {about} union "
        f"select about.associate_id, {_AROUND.format('answers.given_at')} from now.stg_feedback as answers inner join {interactions} as about on {about} union "
        f"select associate_id, work_date from {changed('stg_hours')} union select associate_id, score_date from {changed('stg_scores')}"
    )
    return f"select associate_id, day as business_date, day as earned_date from ({days})"


def _show_orders(scratch: Scratch) -> None:
    """Show the models the credits, lines and orders that make the cells."""
    scratch.table(
        "scope.shown_orders",
        "select distinct orders.order_key from now.int_counted_orders as orders inner join now.fct_credits as advice using (order_key) "
        "semi join scope.credits_days as days on advice.recipient = days.associate_id and orders.business_date = days.business_date "
        "where advice.role = 'advisor' union "
        # Who else is credited on an order decides whether it is shared.
        "select order_key from now.int_counted_orders semi join scope.credits_days using (associate_id, business_date)",
    )
    scratch.table(
        "intermediate.int_counted_orders",
        "select * from now.int_counted_orders semi join scope.shown_orders using (order_key)",
    )
    scratch.table(
        "scope.credit_cells",
        f"select associate_id as recipient, {_PAIR} from scope.credits_cells union "
        "select teams.associate_id, cells.business_date, cells.earned_date from scope.cells as cells "
        "inner join scope.teams_now as teams on cells.subject_type = 'team' and cells.subject_id = teams.team_id "
        "and cells.earned_date >= teams.valid_from and (cells.earned_date < teams.next_valid_from or teams.next_valid_from is null)",
    )
    for mart in ("fct_credits", "fct_pay_credits"):
        scratch.view(f"marts.{mart}", f"select * from now.{mart} semi join scope.credit_cells using (recipient, {_PAIR})")
    scratch.table(
        "scope.measured_lines",
        # A team's measures need its members' credits alone, not the lines under them.
        f"select order_line_key from now.fct_credits semi join (select associate_id as recipient, {_PAIR} from scope.credits_cells) "
        f"using (recipient, {_PAIR}) union "
        "select order_line_key from now.int_order_lines semi join scope.shown_orders using (order_key) union "
        "select lines.order_line_key from now.int_order_lines as lines semi join (select * from scope.cells where subject_type = 'location') as cells "
        "on lines.location_id = cells.subject_id and lines.business_date = cells.business_date and lines.earned_date = cells.earned_date",
    )
    for model in ("int_order_lines", "int_credits"):
        scratch.table(f"intermediate.{model}", f"select * from now.{model} semi join scope.measured_lines using (order_line_key)")
    scratch.view(
        "staging.stg_customers",
        "select * from now.stg_customers where customer_record_key in (select customer_key from intermediate.int_counted_orders union "
        "select customer_record_key from now.int_customer_map semi join intermediate.int_counted_orders using (customer_key))",
    )


def _show_work(scratch: Scratch) -> None:
    """Show the models the interactions, answers, hours and scores that make the cells."""
    scratch.table(
        "scope.days_around",
        f"select distinct associate_id, {_AROUND.format('business_date')} as day from scope.work_days",
    )
    scratch.table(
        "staging.stg_feedback",
        "select * from now.stg_feedback where cast(given_at as date) in (select day from scope.days_around)",
    )
    place = ", ".join(PLACE)
    scratch.table(
        "scope.measured_interactions",
        f"select {place} from now.stg_interactions as rows semi join scope.days_around as days "
        "on rows.associate_id = days.associate_id and cast(rows.started_at as date) = days.day union "
        f"select {place} from now.stg_interactions as rows semi join staging.stg_feedback as answers "
        "on rows.source = answers.interaction_source and rows.interaction_id = answers.interaction_id union "
        f"select {place} from now.stg_interactions semi join (select * from scope.measured_touches where kind = 'service_case') "
        "using (source, interaction_id)",
    )
    scratch.table(
        "staging.stg_interactions", f"select * from now.stg_interactions semi join scope.measured_interactions using ({place})"
    )
    for feed, day in (("hours", "work_date"), ("scores", "score_date")):
        scratch.table(
            f"staging.stg_{feed}",
            f"select rows.* from now.stg_{feed} as rows semi join scope.work_days as days "
            f"on rows.associate_id = days.associate_id and rows.{day} = days.business_date",
        )
