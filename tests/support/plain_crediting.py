"""Crediting a second time, plainly: one line after the other, exact fractions, written to be read.

It shares nothing with the SQL but the policy files. What it takes for granted: rows are valid and one per key, as
staging leaves them. Times are whole seconds; a moment without a zone is UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from plain_arithmetic import HOUSE, Cell, decay, employed, is_two_way, largest_remainder, line_id, seconds, strongest
from plain_customers import OF_INTERACTIONS, PlainCustomers

from incentives.policies import Policy, PolicyVersion

Row = Mapping[str, Any]
TRILLION = 10**12


@dataclass(frozen=True)
class PlainCredit:
    """One recipient's credit of one line."""

    line: tuple[str, str, str]
    role: str | None
    recipient: str
    share_e12: int
    credit_minor: int
    reason: str | None
    business_date: date
    earned_date: date


@dataclass(frozen=True)
class _Counted:
    """A counted touch and what it weighs in its role."""

    row: Row
    weight: int


class PlainCrediting:
    """The rows of one retailer, and the crediting of every line of it."""

    def __init__(
        self, feeds: Mapping[str, Iterable[Row]], versions: Iterable[PolicyVersion], settings: Mapping[str, str]
    ) -> None:
        rows = {name: [row for row in feed if not row.get("is_withdrawn")] for name, feed in feeds.items()}
        self.versions = tuple(versions)
        self.zone = ZoneInfo(settings["time_zone"])
        self.house_account_over = int(settings["house_account_over"])
        self.lines = {line_id(row): row for row in rows.get("order_lines", [])}
        interactions = rows.get("interactions", [])
        self.associates = {row["associate_id"]: row for row in rows.get("associates", [])}
        self.locations = {row["location_id"]: row for row in rows.get("locations", [])}
        self.permissions = rows.get("permissions", [])
        self.ownership = rows.get("client_ownership", [])
        self.overrides = rows.get("credit_overrides", [])
        self.customers = PlainCustomers(
            rows.get("customer_identifiers", []),
            [*self.lines.values(), *interactions],
            int(settings["max_customers_per_identifier"]),
        )
        self.touches_of: dict[Any, list[Row]] = defaultdict(list)
        for row in interactions:
            customer = self.customers.of_row(row, OF_INTERACTIONS)
            if customer is not None:
                self.touches_of[customer].append(row)
        self.customer_of_line = self.customers.of_lines(self.lines)
        self.orders_of: dict[Any, list[tuple[tuple[str, str], int]]] = defaultdict(list)
        for line, row in self.lines.items():
            if row["kind"] == "sale" and self.customer_of_line[line] is not None:
                self.orders_of[self.customer_of_line[line]].append((line[:2], seconds(row["ordered_at"])))

    # ---- the whole -------------------------------------------------------------------------------------------------

    def credits(self) -> list[PlainCredit]:
        """Return every credit of every completed line."""
        found: list[PlainCredit] = []
        returns: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.lines.values():
            if row["kind"] != "return" or row.get("completed_at") is None:
                continue
            sale = self._sale_of(row)
            if sale is None:
                found.append(self._undivided(row, "unmatched_return"))
            elif sale.get("completed_at") is None:
                found.append(self._undivided(row, "sale_not_completed"))
            else:
                returns[line_id(sale)].append(row)
        for line, row in self.lines.items():
            if row["kind"] == "sale" and row.get("completed_at") is not None:
                found += self._family(row, returns[line])
        return found

    def _family(self, sale: Row, returns: list[Row]) -> list[PlainCredit]:
        """Credit a sale and what comes back of it, in order; each return is the difference of two divisions."""
        cells = self.split(sale)
        shares = largest_remainder(TRILLION, cells, [cell.share for cell in cells])
        owners = self._own_customers(sale)
        remaining = sale["net_minor"]
        divided = largest_remainder(remaining, cells, [Fraction(share, TRILLION) for share in shares])
        earned = self._local(sale["completed_at"], sale)
        found = self._rows(sale, cells, shares, divided, owners, earned)
        for row in sorted(returns, key=lambda row: (row["completed_at"], *line_id(row))):
            taken = min(remaining, -row["net_minor"])
            after = largest_remainder(remaining - taken, cells, [Fraction(share, TRILLION) for share in shares])
            beyond = -row["net_minor"] - taken
            if taken or not beyond:
                differences = [new - old for new, old in zip(after, divided, strict=True)]
                found += self._rows(row, cells, shares, differences, owners, earned)
            if beyond:
                found.append(self._credit(row, None, HOUSE, 0 if taken else TRILLION, -beyond, "return_exceeds_sale", earned))
            remaining, divided = remaining - taken, after
        return found

    def _rows(
        self, row: Row, cells: list[Cell], shares: list[int], parts: list[int], owners: set[str], earned: date
    ) -> list[PlainCredit]:
        """Return the line's rows; a purchase on one's own record goes to house, added to what is house's already."""
        sums: dict[tuple[str | None, str], list[Any]] = {}
        for cell, share, part in zip(cells, shares, parts, strict=True):
            own = cell.recipient in owners
            entry = sums.setdefault((cell.role, HOUSE if own else cell.recipient), [0, 0, []])
            entry[0] += share
            entry[1] += part
            entry[2].append("self_purchase" if own else cell.reason)
        return [
            self._credit(row, role, recipient, share, part, min((r for r in reasons if r), default=None), earned)
            for (role, recipient), (share, part, reasons) in sums.items()
        ]

    def _undivided(self, row: Row, reason: str) -> PlainCredit:
        return self._credit(row, None, HOUSE, TRILLION, row["net_minor"], reason, self._local(row["completed_at"], row))

    def _credit(
        self, row: Row, role: str | None, recipient: str, share: int, part: int, reason: str | None, earned: date
    ) -> PlainCredit:
        return PlainCredit(line_id(row), role, recipient, share, part, reason, self._local(row["completed_at"], row), earned)

    # ---- one sale line ---------------------------------------------------------------------------------------------

    def split(self, sale: Row) -> list[Cell]:
        """Return the cells of a sale line with their exact shares."""
        policy = self.policy_of(sale)
        if sale.get("category") in policy.exclude.categories:
            return [Cell(None, 0, HOUSE, Fraction(1), "excluded_category")]
        customer = self.customer_of_line[line_id(sale)]
        house_account = customer is not None and self._is_house_account(sale, customer, policy)
        held: dict[str, dict[str, Fraction]] = {"seller": self._sellers(sale)}
        if customer is not None and not house_account:
            advice: dict[str, Fraction] = defaultdict(Fraction)
            for touch in self.counted_touches(sale, customer, policy):
                advice[touch.row["associate_id"]] += touch.weight
            held["advisor"] = {who: weight for who, weight in advice.items() if weight}
            held["relationship"] = {who: Fraction(1) for who in self._owners(sale, customer, policy)}
        order = {role: place for place, role in enumerate(policy.roles, start=1)}
        weights = {role: Fraction(weight) for role, weight in policy.roles.items() if weight}
        holders = {role: held.get(role) or {} for role in weights}
        if not any(holders.values()):
            return [Cell(None, 0, HOUSE, Fraction(1), "no_role_held")]
        unknown_customer = "unidentified" if customer is None else "house_account" if house_account else None
        for role in weights:
            lost_with_the_customer = role != "seller" and unknown_customer is not None
            if not holders[role] and (policy.unclaimed == "house" or lost_with_the_customer):
                holders[role] = {f"{HOUSE}\0{unknown_customer if lost_with_the_customer else 'unclaimed'}": Fraction(1)}
        total = sum(weight for role, weight in weights.items() if holders[role])
        found = []
        for role, recipients in holders.items():
            for who, weight in recipients.items():
                share = weights[role] / total * weight / sum(recipients.values())
                recipient, _, reason = who.partition("\0")
                if not reason and recipient not in self.associates and role != "advisor":
                    reason = "unknown_associate"
                found.append(Cell(role, order[role], recipient, share, reason or None))
        return found

    def policy_of(self, sale: Row) -> Policy:
        """Return the version in force at the line's ordered_at, the one that names its country first."""
        day, country = self._local(sale["ordered_at"], sale), self.locations.get(sale.get("location_id"), {}).get("country")
        fitting = [
            version.policy
            for version in self.versions
            if version.policy.valid_from <= day
            and (version.valid_to is None or day < version.valid_to)
            and (not version.policy.countries or country in version.policy.countries)
        ]
        return max(fitting, key=lambda policy: policy.specificity)

    def _sellers(self, sale: Row) -> dict[str, Fraction]:
        """Return seller -> weight; a seller not employed on the day is house with the reason."""
        day, found = self._local(sale["ordered_at"], sale), defaultdict(Fraction)
        for who, weight in self._seller_list(sale).items():
            record = self.associates.get(who)
            found[who if record is None or employed(record, day) else f"{HOUSE}\0not_employed"] += weight
        return {who: weight for who, weight in found.items() if weight}

    def _seller_list(self, sale: Row) -> dict[str, Fraction]:
        decided = [
            row
            for row in self.overrides
            if row.get("approved_by") and (row["source"], row["order_id"], row["line_id"]) == line_id(sale)
        ]
        text = sale.get("associate_id")
        if decided:
            text = max(decided, key=lambda row: (row["decided_at"], row["override_id"]))["associate_id"]
        found: dict[str, Fraction] = defaultdict(Fraction)
        for part in (text or "").split("|"):
            who, _, share = part.partition(":")
            if who:
                found[who] += Fraction(share or "1")
        return found

    def _order_sellers(self, sale: Row) -> set[str]:
        """Return everybody who sold a line of the order."""
        same_order = [row for row in self.lines.values() if line_id(row)[:2] == line_id(sale)[:2] and row["kind"] == "sale"]
        return {who for row in same_order for who, weight in self._seller_list(row).items() if weight}

    # ---- advice ----------------------------------------------------------------------------------------------------

    def counted_touches(self, sale: Row, customer: Any, policy: Policy) -> list[_Counted]:
        """Return the touches that count for a sale line, with their weights in the advisor role."""
        ordered, advisor = seconds(sale["ordered_at"]), policy.advisor
        touches = [
            row
            for row in self.touches_of[customer]
            if ordered - advisor.lookback_days <= seconds(row["started_at"]) <= ordered
            and self._counts(row, ordered, policy, customer)
            and not self._is_own_sale(row, sale, policy)
        ]

        def kind_weight(row: Row) -> int:
            return advisor.weights[row["kind"]]

        def place(row: Row) -> tuple[int, str, str]:
            return seconds(row["started_at"]), row["source"], row["interaction_id"]

        if advisor.one_per_day:
            heaviest: dict[Any, Row] = {}
            for row in sorted(touches, key=lambda row: (kind_weight(row), place(row))):
                heaviest[row["associate_id"], self._local(row["started_at"], row)] = row
            touches = list(heaviest.values())
        touches.sort(key=place)
        if advisor.model in ("linear", "time_decay"):

            def aged(row: Row) -> int:
                if advisor.model == "linear" or advisor.half_life_days is None:
                    return kind_weight(row)
                return kind_weight(row) * decay(ordered - seconds(row["started_at"]), advisor.half_life_days)

            if advisor.max_per_order:
                touches = strongest(touches, advisor.max_per_order, aged, place)
            return [_Counted(row, aged(row)) for row in touches]
        count = len(touches)
        if advisor.model == "first":
            places = [1] + [0] * (count - 1)
        elif advisor.model == "last":
            places = [0] * (count - 1) + [1]
        elif count <= 2:
            places = [1] * count
        else:
            assert advisor.position is not None
            first, middle, last = advisor.position
            places = [first * (count - 2)] + [middle] * (count - 2) + [last * (count - 2)]
        return [_Counted(row, weight) for row, weight in zip(touches, places, strict=False)]

    def _counts(self, row: Row, ordered: int, policy: Policy, customer: Any) -> bool:
        """Whether the policy counts a touch for an order of that second, wherever in time it lies."""
        advisor, started = policy.advisor, seconds(row["started_at"])
        record = self.associates.get(row["associate_id"])
        if record is None or not employed(record, self._local(row["started_at"], row)) or not advisor.weights.get(row["kind"]):
            return False
        outcome = (row.get("outcome") or "").strip().lower()
        if outcome in ("no_show", "opted_out", "auto_reply"):
            return False
        if row["kind"] == "appointment":
            if outcome != "kept":
                return False
            if row.get("booked_at") is not None and started - seconds(row["booked_at"]) < 3600:
                return False
        if row.get("recorded_at") is not None:
            recorded = seconds(row["recorded_at"])
            late = advisor.late_logging_hours
            if recorded > ordered or (late is not None and recorded - started > late):
                return False
        if row["kind"] == "outreach":
            if not self._permitted(customer, row.get("method"), started):
                return False
            needed = advisor.outreach_needs_response_days
            if needed:
                answered = row.get("responded_at") and seconds(row["responded_at"])
                if answered is None or not 0 <= answered - started <= needed or answered > ordered:
                    return False
        return True

    def _permitted(self, customer: Any, method: str | None, at: int) -> bool:
        words = [
            (seconds(row["changed_at"]), row["status"] == "withdrawn")
            for row in self.permissions
            if row["purpose"] == "contact"
            and row["method"] == method
            and self.customers.of_record(row["source"], row["customer_id"]) == customer
            and seconds(row["changed_at"]) <= at
        ]
        return not words or not max(words)[1]

    def _is_own_sale(self, row: Row, sale: Row, policy: Policy) -> bool:
        hours = policy.advisor.own_sale_hours
        age = seconds(sale["ordered_at"]) - seconds(row["started_at"])
        return bool(hours) and age <= (hours or 0) and row["associate_id"] in self._order_sellers(sale)

    def _is_house_account(self, sale: Row, customer: Any, policy: Policy) -> bool:
        until = seconds(sale["ordered_at"])
        since = until - policy.advisor.lookback_days
        orders = {order for order, at in self.orders_of[customer] if since <= at <= until}
        touches = [
            row
            for row in self.touches_of[customer]
            if since <= seconds(row["started_at"]) <= until and self._counts(row, until, policy, customer)
        ]
        return max(len(orders), len(touches)) > self.house_account_over

    # ---- relationship ----------------------------------------------------------------------------------------------

    def _owners(self, sale: Row, customer: Any, policy: Policy) -> list[str]:
        day = self._local(sale["ordered_at"], sale)
        since: dict[str, date] = {}
        for who, start, end in self._spans(customer):
            if start <= day and (end is None or day < end):
                since[who] = start
        return [
            who
            for who, start in since.items()
            if (day - start) >= timedelta(seconds=policy.relationship.settle_days)
            and (who not in self.associates or employed(self.associates[who], day))
            and self._is_active(who, sale, customer, policy)
        ]

    def _spans(self, customer: Any) -> list[tuple[str, date, date | None]]:
        """Return each owner's unbroken spans: spans that touch or overlap are one."""
        rows: dict[str, list[tuple[date, date]]] = defaultdict(list)
        for row in self.ownership:
            if self.customers.of_record(row["customer_source"], row["customer_id"]) == customer:
                rows[row["associate_id"]].append((row["valid_from"], row.get("valid_to") or date.max))
        found = []
        for who, spans in rows.items():
            joined: list[list[date]] = []
            for start, end in sorted(spans):
                if joined and start <= joined[-1][1]:
                    joined[-1][1] = max(joined[-1][1], end)
                else:
                    joined.append([start, end])
            found += [(who, start, None if end == date.max else end) for start, end in joined]
        return found

    def _is_active(self, who: str, sale: Row, customer: Any, policy: Policy) -> bool:
        span, until = policy.relationship.active_days, seconds(sale["ordered_at"])
        if span is None:
            return True
        if any(order != line_id(sale)[:2] and until - span <= at <= until for order, at in self.orders_of[customer]):
            return True
        return any(
            row["associate_id"] == who
            and until - span <= seconds(row["started_at"]) <= until
            and self._counts(row, until, policy, customer)
            and not self._is_own_sale(row, sale, policy)
            and is_two_way(row, until)
            for row in self.touches_of[customer]
        )

    def _own_customers(self, sale: Row) -> set[str]:
        """Return the associates whose own customer record bought, where the policy leaves that out."""
        customer = self.customer_of_line[line_id(sale)]
        if customer is None or not self.policy_of(sale).exclude.self_purchase:
            return set()
        found = set()
        for who, row in self.associates.items():
            own = self.customers.of_record(row.get("customer_source"), row.get("customer_id"))
            if row.get("customer_id") is not None and own == customer:
                found.add(who)
        return found

    # ---- small things ----------------------------------------------------------------------------------------------

    def _sale_of(self, row: Row) -> Row | None:
        order, line = row.get("original_order_id"), row.get("original_line_id")
        sale = self.lines.get((row.get("original_source") or row["source"], order, line))  # type: ignore[arg-type]
        if sale is None or sale["kind"] != "sale" or sale["currency"] != row["currency"]:
            return None
        return sale

    def _local(self, moment: datetime, row: Row) -> date:
        zone = self.locations.get(row.get("location_id"), {}).get("time_zone")
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone) if zone else self.zone).date()
