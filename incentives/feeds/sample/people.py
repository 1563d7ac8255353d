"""Feeds about places and people: locations, calendars, associates, assignments, hours, scores."""

from __future__ import annotations

import calendar

import numpy as np

from incentives.feeds.sample import texts
from incentives.feeds.sample.customers import Customers
from incentives.feeds.sample.files import FeedFiles
from incentives.feeds.sample.horizon import ZONES, Horizon, day_of
from incentives.feeds.sample.names import COUNTRIES, FIRST_NAMES, GULF, LAST_NAMES
from incentives.feeds.sample.randomness import Flags, Ints, stream
from incentives.feeds.sample.retailer import (
    ASSOCIATE_BASE,
    BOUTIQUE,
    CONTACT_CENTRE,
    DIRECTOR_ROLE,
    MANAGER_ROLE,
    NOBODY,
    ROLE_OF_KIND,
    STUDIO,
    WEB,
    Retailer,
)

PAY_GROUPS = ("europe", "gulf")
KIND_NAMES = {BOUTIQUE: "boutique", STUDIO: "studio", CONTACT_CENTRE: "contact_centre", WEB: "online"}
ACTIVITY_OF_KIND = {BOUTIQUE: "boutique", STUDIO: "online", CONTACT_CENTRE: "contact_centre"}
HIGH_DAYS = ((1, 1), (5, 1), (12, 25))
OWN_RECORD_ONE_IN = 5


def associate_id(index: int) -> str:
    """Return the id of an associate."""
    return f"a{ASSOCIATE_BASE + index}"


def pay_group_of(retailer: Retailer) -> Ints:
    """Return the index of each associate's pay group: the Gulf's people are paid there, in dirham."""
    group: Ints = (retailer.site_country[retailer.first_site] == GULF).astype(np.int64)
    return group


def write_people(retailer: Retailer, customers: Customers, files: FeedFiles, horizon: Horizon, seed: int) -> None:
    """Write what human resources deliver."""
    _write_places(retailer, files, horizon)
    _write_associates(retailer, customers, files, horizon, seed)
    _write_assignments(retailer, files, horizon, seed)


def _write_places(retailer: Retailer, files: FeedFiles, horizon: Horizon) -> None:
    names = ("location_id", "name", "country", "region", "time_zone", "calendar_id", "opening_hours", "kind")
    rows = []
    for site in retailer.sites:
        country = COUNTRIES[site.country]
        hours = "Mo-Sa 10:00-19:30" if site.kind == BOUTIQUE else "Mo-Su 08:00-22:00"
        cells = (
            site.location_id,
            site.name,
            country.code,
            country.region,
            ZONES[country.zone],
            f"cal-{country.code.lower()}",
            hours,
        )
        rows.append((*cells, KIND_NAMES[site.kind]))
    files.write_rows("hr", "locations", names, rows)
    files.repeat("hr", "locations", "again")
    days = [day_of(number) for number in range(horizon.first_day, horizon.end_day)]
    working = [
        (f"cal-{country.code.lower()}", day.isoformat(), str(_works(day.month, day.day, day.weekday())).lower())
        for country in COUNTRIES
        for day in days
    ]
    files.write_rows("hr", "calendars", ("calendar_id", "date", "is_working"), working)


def _works(month: int, day: int, weekday: int) -> bool:
    return weekday != calendar.SUNDAY and (month, day) not in HIGH_DAYS


def _write_associates(retailer: Retailer, customers: Customers, files: FeedFiles, horizon: Horizon, seed: int) -> None:
    rng = stream(seed, 2)
    people = retailer.associates
    first, last = rng.integers(0, len(FIRST_NAMES), people), rng.integers(0, len(LAST_NAMES), people)
    own = rng.permutation(customers.count)
    names = ("associate_id", "name", "email", "hired_on", "left_on", "pay_group", "customer_source", "customer_id")
    groups = pay_group_of(retailer)
    rows = []
    for index in range(people):
        has_record = index % OWN_RECORD_ONE_IN == 1 and index < len(own)
        rows.append(
            (
                associate_id(index),
                f"{FIRST_NAMES[first[index]]} {LAST_NAMES[last[index]]}",
                f"{associate_id(index)}@maison-aurelle.example",
                day_of(int(retailer.hired[index])).isoformat(),
                day_of(int(retailer.left[index])).isoformat() if retailer.left[index] < horizon.end_day else None,
                PAY_GROUPS[groups[index]],
                "clienteling" if has_record else None,
                f"C{own[index]}" if has_record else None,
            )
        )
    files.write_rows("hr", "associates", names, rows)


def full_time_share(retailer: Retailer, seed: int) -> Ints:
    """Return each associate's share of full time in thousandths."""
    rng = stream(seed, 3)
    share = np.array([1_000, 800, 600], dtype=np.int64)[rng.integers(0, 20, retailer.associates) // 17]
    return np.where(retailer.is_manager, 1_000, share)


def _write_assignments(retailer: Retailer, files: FeedFiles, horizon: Horizon, seed: int) -> None:
    names = ("associate_id", "valid_from", "valid_to", "team_id", "role", "location_id", "manager_id", "fte", "currency")
    fte = full_time_share(retailer, seed)
    groups = pay_group_of(retailer)
    rows = []
    for index in range(retailer.associates):
        spans = [(int(retailer.hired[index]), int(retailer.first_site[index]))]
        if retailer.second_site[index] != NOBODY:
            spans.append((int(retailer.moved[index]), int(retailer.second_site[index])))
        for since, place in spans:
            site = retailer.sites[place]
            director, manager = index == 0, bool(retailer.is_manager[index])
            role = DIRECTOR_ROLE if director else MANAGER_ROLE if manager else ROLE_OF_KIND[site.kind]
            leader = None if director else associate_id(0 if manager else 1 + place)
            rows.append(
                (
                    associate_id(index),
                    day_of(since).isoformat(),
                    None,
                    None if director else site.team_id,
                    role,
                    None if director else site.location_id,
                    leader,
                    f"{fte[index] / 1_000:.1f}",
                    ("EUR", "AED")[groups[index]],
                )
            )
    files.write_rows("hr", "assignments", names, rows)


def write_hours(retailer: Retailer, files: FeedFiles, clock: texts.Clock, seed: int) -> None:
    """Write rostered hours, month by month: five days a week, some of them leave or training."""
    horizon = clock.horizon
    fte = full_time_share(retailer, seed)
    kinds = np.array([site.kind for site in retailer.sites], dtype=np.int64)
    activities = [ACTIVITY_OF_KIND[kind] for kind in (BOUTIQUE, STUDIO, CONTACT_CENTRE)]
    people = np.arange(retailer.associates, dtype=np.int64)
    for month in range(horizon.months):
        rng = stream(seed, 4, month)
        days = np.arange(horizon.month_days[month], horizon.month_days[month + 1])
        who, day = (grid.ravel() for grid in np.meshgrid(people, days, indexing="ij"))
        weekday = (day + 3) % 7
        rostered: Flags = (weekday != calendar.SUNDAY) & (weekday != who % 6) & (who > 0)
        rostered &= (retailer.hired[who] <= day) & (day <= retailer.left[who])
        who, day = who[rostered], day[rostered]
        share = rng.random(len(who))
        place = np.where(retailer.moved[who] <= day, retailer.second_site[who], retailer.first_site[who])
        activity = np.select([share < 0.06, share < 0.08], [3, 4], kinds[place])
        scheduled = fte[who] * 750 // 1_000
        worked = np.where(activity == 3, scheduled, scheduled + rng.integers(-2, 4, len(who)) * 25)
        columns = {
            "associate_id": texts.ids("a", ASSOCIATE_BASE + who),
            "work_date": clock.days(day),
            "activity": texts.chosen((*activities, "leave", "training"), activity),
            "hours": texts.amounts(worked),
            "scheduled_hours": texts.amounts(scheduled),
        }
        files.write("workforce", "hours", columns, label=horizon.label(month), plain=True, big=True)


def write_scores(retailer: Retailer, files: FeedFiles, horizon: Horizon, seed: int) -> None:
    """Write the training that each person completed, and each boutique's mystery visits as its people's score."""
    rng = stream(seed, 5)
    rows = []
    trained = rng.random(retailer.associates)
    for index in range(1, retailer.associates):
        day = max(int(retailer.hired[index]), horizon.first_day) + 20
        if day < horizon.end_day and trained[index] < 0.9:
            rows.append((associate_id(index), "training_completed", day_of(day).isoformat(), "1"))
    files.write_rows("learning", "scores", ("associate_id", "measure", "score_date", "value"), rows)
