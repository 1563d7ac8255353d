"""The retailer: its places, teams and people, and who works where in each half-month.

People are hired, leave and move team on the first or the fifteenth, so that a roster is exact for every day
of a half-month. Each team has a manager and two advisors who stay the whole time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from incentives.feeds.sample.horizon import Horizon
from incentives.feeds.sample.names import COUNTRIES, GULF, OPENING_ORDER
from incentives.feeds.sample.randomness import Ints, Shares, stream

ASSOCIATES_MIN = 40
BOUTIQUES_MAX = 2_000
NOBODY = -1
ASSOCIATE_BASE = 100_000
UNKNOWN_ASSOCIATE_BASE = 9_900_000
BOUTIQUE, STUDIO, CONTACT_CENTRE, WEB = range(4)
ROLE_OF_KIND = {BOUTIQUE: "client_advisor", STUDIO: "online_advisor", CONTACT_CENTRE: "contact_centre_advisor"}
MANAGER_ROLE = "boutique_manager"
DIRECTOR_ROLE = "retail_director"


@dataclass(frozen=True, slots=True)
class Site:
    """A place: a boutique, a studio of online advisors, a contact centre, or a country's web shop."""

    location_id: str
    team_id: str
    name: str
    kind: int
    country: int


@dataclass(frozen=True, slots=True)
class Retailer:
    """Places and people. Arrays over associates: index 0 is the retail director, then one manager per team.

    Attributes:
        sites: Every place; those with a team come first.
        teams: Number of places with a team.
        site_country: Country index of each place.
        popularity: Weight of each place among boutiques, 0 elsewhere.
        first_site: Place at which each associate starts.
        second_site: Place after the move, or -1.
        hired: Day of hire.
        left: Last day worked, or a day beyond the horizon.
        moved: First day in the second place, or a day beyond the horizon.
        is_manager: Leads the team.
        roster: Advisors by half-month and place, laid end to end.
        roster_start: Where each (half-month, place) begins in `roster`; one more entry than places.
        stayers: Advisors who stay the whole time, by place, laid end to end, with their starts.
    """

    sites: tuple[Site, ...]
    teams: int
    site_country: Ints
    popularity: Shares
    first_site: Ints
    second_site: Ints
    hired: Ints
    left: Ints
    moved: Ints
    is_manager: np.typing.NDArray[np.bool_]
    roster: Ints
    roster_start: Ints
    stayers: Ints
    stayers_start: Ints

    @property
    def associates(self) -> int:
        """Number of people, the director included."""
        return len(self.first_site)

    def of_kind(self, kind: int) -> Ints:
        """Return the indexes of the places of a kind."""
        return np.array([index for index, site in enumerate(self.sites) if site.kind == kind], dtype=np.int64)

    def on_duty(self, half: Ints, site: Ints, share: Shares) -> Ints:
        """Return an advisor of each place in each half-month, chosen by a share in [0, 1); -1 where there is none."""
        place = half * (self.teams + 1) + site
        return _from_lists(self.roster, self.roster_start.ravel(), place, share)

    def stayer(self, site: Ints, share: Shares) -> Ints:
        """Return an advisor of each place who stays the whole time."""
        return _from_lists(self.stayers, self.stayers_start, site, share)


def associates_of(order_lines: int) -> int:
    """Return how many people a retailer of this size employs: one per thousand lines, at least 40."""
    return max(ASSOCIATES_MIN, order_lines // 1_000)


def build_retailer(order_lines: int, seed: int, horizon: Horizon, *, gulf: bool) -> Retailer:
    """Return the retailer of a size: places, people and rosters."""
    people = associates_of(order_lines)
    sites, teams = _sites(people, gulf)
    rng = stream(seed, 1)
    site_kind = np.array([site.kind for site in sites[:teams]])
    first_site, is_manager, is_stable = _staff(people, site_kind)
    second_site = np.full(people, NOBODY, dtype=np.int64)
    far = horizon.end_day + 10_000
    hired = horizon.first_day - rng.integers(60, 1_400, people)
    left = np.full(people, far, dtype=np.int64)
    moved = np.full(people, far, dtype=np.int64)
    halves = horizon.half_days
    if len(halves) > 2:
        when = halves[rng.integers(1, len(halves), people)]
        turn = np.where(is_stable, -1, (np.cumsum(~is_stable) - 1) % 12)
        hired = np.where(turn == 0, when, hired)
        left = np.where(turn == 4, when - 1, left)
        destination = _destinations(first_site, sites, teams, rng.random(people))
        moves = (turn == 8) & (destination != first_site)
        moved = np.where(moves, when, moved)
        second_site = np.where(moves, destination, second_site)
    popularity = np.array([0.5 + rng.random() if site.kind == BOUTIQUE else 0.0 for site in sites])
    roster, starts = _rosters(horizon, teams, first_site, second_site, hired, left, moved, is_manager)
    stable = np.flatnonzero(is_stable & ~is_manager)[1:]
    by_site = stable[np.argsort(first_site[stable], kind="stable")]
    stayers_start = np.searchsorted(first_site[by_site], np.arange(teams + 1)).astype(np.int64)
    return Retailer(
        sites,
        teams,
        np.array([site.country for site in sites], dtype=np.int64),
        popularity,
        first_site,
        second_site,
        hired.astype(np.int64),
        left,
        moved,
        is_manager,
        roster,
        starts,
        by_site.astype(np.int64),
        stayers_start,
    )


def _sites(people: int, gulf: bool) -> tuple[tuple[Site, ...], int]:
    countries = [country for country in OPENING_ORDER if gulf or country != GULF]
    boutiques = min(max(len(countries), people // 9), BOUTIQUES_MAX)
    rest = max(1, people // 150)
    sites: list[Site] = []
    opened: dict[tuple[int, str], int] = {}
    for index in range(boutiques):
        country = countries[index % len(countries)]
        cities = COUNTRIES[country].cities
        city = cities[(index // len(countries) + (index % len(countries) == 6)) % len(cities)]
        number = opened[country, city] = opened.get((country, city), 0) + 1
        code = f"{COUNTRIES[country].code.lower()}-{index + 1:04d}"
        sites.append(Site(f"bq-{code}", f"team-{code}", f"{city} {number}", BOUTIQUE, country))
    sites += [Site(f"studio-{n + 1:03d}", f"team-online-{n + 1:03d}", f"Online studio {n + 1}", STUDIO, 0) for n in range(rest)]
    sites += [Site(f"cc-{n + 1:03d}", f"team-care-{n + 1:03d}", f"Client care {n + 1}", CONTACT_CENTRE, 0) for n in range(rest)]
    teams = len(sites)
    for index, of in enumerate(COUNTRIES):
        if index != GULF:
            sites.append(Site(f"web-{of.code.lower()}", "", f"Web shop {of.code}", WEB, index))
    return tuple(sites), teams


def _staff(people: int, site_kind: Ints) -> tuple[Ints, np.typing.NDArray[np.bool_], np.typing.NDArray[np.bool_]]:
    """Return each person's first place, who leads, and who stays the whole time."""
    teams = len(site_kind)
    first_site = np.zeros(people, dtype=np.int64)
    first_site[1 : teams + 1] = np.arange(teams)
    # Two advisors for every team come first, then boutiques take four of five.
    advisors = np.arange(people - teams - 1)
    boutiques = np.flatnonzero(site_kind == BOUTIQUE)
    others = np.flatnonzero(site_kind != BOUTIQUE)
    later = advisors - 2 * teams
    spread = np.where(later % 5 == 4, others[later // 5 % len(others)], boutiques[(later - later // 5) % len(boutiques)])
    first_site[teams + 1 :] = np.where(advisors < 2 * teams, advisors % teams, spread)
    is_manager = np.zeros(people, dtype=np.bool_)
    is_manager[1 : teams + 1] = True
    is_stable = np.zeros(people, dtype=np.bool_)
    is_stable[: 3 * teams + 1] = True
    return first_site, is_manager, is_stable


def _destinations(first_site: Ints, sites: tuple[Site, ...], teams: int, share: Shares) -> Ints:
    """Return another place of the same kind and currency for each person, or the same where there is no other."""
    destination = first_site.copy()
    group = np.array([(site.kind, site.country == GULF) for site in sites[:teams]])
    keys = group[:, 0] * 2 + group[:, 1]
    for key in np.unique(keys):
        members = np.flatnonzero(keys == key)
        staff = np.flatnonzero(keys[first_site] == key)
        if len(members) > 1:
            step = 1 + (share[staff] * (len(members) - 1)).astype(np.int64)
            here = np.searchsorted(members, first_site[staff])
            destination[staff] = members[(here + step) % len(members)]
    return destination


def _rosters(
    horizon: Horizon,
    teams: int,
    first_site: Ints,
    second_site: Ints,
    hired: Ints,
    left: Ints,
    moved: Ints,
    is_manager: np.typing.NDArray[np.bool_],
) -> tuple[Ints, Ints]:
    lists: list[Ints] = []
    starts: list[Ints] = []
    base = 0
    ends = np.append(horizon.half_days[1:], horizon.end_day)
    for first, end in zip(horizon.half_days, ends, strict=True):
        at_work = (hired <= first) & (left >= end - 1) & ~is_manager
        at_work[0] = False
        place = np.where(moved <= first, second_site, first_site)
        members = np.flatnonzero(at_work)
        members = members[np.argsort(place[members], kind="stable")]
        starts.append(base + np.searchsorted(place[members], np.arange(teams + 1)))
        lists.append(members)
        base += len(members)
    return np.concatenate(lists).astype(np.int64), np.array(starts, dtype=np.int64)


def _from_lists(flat: Ints, starts: Ints, place: Ints, share: Shares) -> Ints:
    first, end = starts[place], starts[place + 1]
    index = first + (share * (end - first)).astype(np.int64)
    chosen = flat[np.minimum(index, len(flat) - 1)]
    return np.where(end > first, chosen, NOBODY)
