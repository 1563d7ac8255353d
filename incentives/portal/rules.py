"""The purpose of every route, in one table; a route that is not in it stops the application at start.

Keys are the method and the path as the route is declared. `{associate_id}` and `{pay_group}` in a path say about whom
and for which pay group sight.decide is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Mount, Route

from incentives.portal.sight import Purpose

STATIC = "/static"

RULES: dict[tuple[str, str], Purpose] = {
    ("GET", "/"): Purpose.ACCOUNT,
    ("GET", "/sign-in"): Purpose.ANYONE,
    ("POST", "/sign-in"): Purpose.ANYONE,
    ("POST", "/sign-out"): Purpose.ACCOUNT,
    ("GET", "/confirm"): Purpose.ACCOUNT,
    ("POST", "/confirm"): Purpose.ACCOUNT,
    ("POST", "/amounts"): Purpose.ACCOUNT,
    ("GET", "/tokens"): Purpose.ACCOUNT,
    ("POST", "/tokens"): Purpose.ACCOUNT,
    ("POST", "/tokens/{token_id}/end"): Purpose.ACCOUNT,
    ("GET", "/today"): Purpose.OWN_CREDIT,
    ("GET", "/credits"): Purpose.OWN_CREDIT,
    ("GET", "/credits/{order_line_key}"): Purpose.OWN_CREDIT,
    ("GET", "/pay"): Purpose.OWN_PAY,
    ("GET", "/pay/{number:path}/pdf"): Purpose.OWN_PAY,
    ("GET", "/pay/{number:path}"): Purpose.OWN_PAY,
    ("POST", "/pay/{number:path}/questions"): Purpose.OWN_PAY,
    ("GET", "/questions"): Purpose.QUESTIONS,
    ("POST", "/questions/{question_id}/answer"): Purpose.QUESTIONS,
    ("POST", "/questions/{question_id}/decide"): Purpose.CYCLES,
    ("GET", "/team"): Purpose.TEAM,
    ("GET", "/people/{associate_id}"): Purpose.PERSON_CREDIT,
    ("GET", "/people/{associate_id}/credits/{order_line_key}"): Purpose.PERSON_CREDIT,
    ("GET", "/cycles"): Purpose.CYCLES,
    ("GET", "/cycles/{pay_group}/{period}"): Purpose.CYCLE,
    ("GET", "/cycles/{pay_group}/{period}/acts/{act}"): Purpose.CYCLE_ACT,
    ("POST", "/cycles/{pay_group}/{period}/acts/{act}"): Purpose.CYCLE_ACT,
    ("GET", "/cycles/{pay_group}/{period}/checklist"): Purpose.CYCLE,
    ("POST", "/cycles/{pay_group}/{period}/checklist"): Purpose.CYCLE_ACT,
    ("GET", "/cycles/{pay_group}/{period}/people"): Purpose.CYCLE,
    ("GET", "/cycles/{pay_group}/{period}/people/{associate_id}"): Purpose.PERSON_PAY,
    ("GET", "/api/v1/openapi.json"): Purpose.ACCOUNT,
    ("GET", "/api/v1/me"): Purpose.ACCOUNT,
    ("GET", "/api/v1/credits"): Purpose.OWN_CREDIT,
    ("GET", "/api/v1/credits/{order_line_key}"): Purpose.OWN_CREDIT,
    ("GET", "/api/v1/statements"): Purpose.OWN_PAY,
    ("GET", "/api/v1/statements/{number:path}"): Purpose.OWN_PAY,
    ("GET", "/api/v1/team"): Purpose.TEAM,
    ("GET", "/api/v1/people/{associate_id}/credits"): Purpose.PERSON_CREDIT,
    ("GET", "/api/v1/cycles"): Purpose.CYCLES,
    ("GET", "/api/v1/cycles/{pay_group}/{period}"): Purpose.CYCLE,
    ("GET", "/api/v1/cycles/{pay_group}/{period}/people/{associate_id}"): Purpose.PERSON_PAY,
}


class RouteWithoutRuleError(RuntimeError):
    """A route exists that no rule covers, or a rule that no route needs."""


def check(routes: Iterable[BaseRoute]) -> None:
    """Check that routes and rules are the same set.

    Raises:
        RouteWithoutRuleError: Names the routes without a rule and the rules without a route.
    """
    found: set[tuple[str, str]] = set()
    for route in routes:
        if isinstance(route, Mount) and route.path == STATIC:
            continue
        if not isinstance(route, Route):
            raise RouteWithoutRuleError(f"{route!r} is of a kind that no rule can cover")
        found |= {(method, route.path) for method in (route.methods or ()) if method != "HEAD"}
    without_rule, without_route = found - RULES.keys(), RULES.keys() - found
    if without_rule or without_route:
        raise RouteWithoutRuleError(
            f"routes without a rule: {sorted(without_rule)}; rules without a route: {sorted(without_route)}"
        )
