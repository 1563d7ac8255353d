"""The one definition of every feed: columns, types, keys, and what is personal.

Landing, staging models, validation, the documentation and the sample generator are derived from it.
"""

from __future__ import annotations

from incentives.feeds.columns import Column, ColumnType, Feed, Personal

T = ColumnType
_SENT = (
    Column("source_updated_at", T.TIMESTAMP, meaning="When the source last changed the record; decides between versions."),
    Column("deleted", T.BOOLEAN, meaning="True withdraws the record."),
)
_IDENTIFIERS = (
    Column("customer_id", personal=Personal.CUSTOMER_ID, meaning="The source's own customer id."),
    Column("customer_email", personal=Personal.EMAIL, meaning="Email, for identity resolution."),
    Column("customer_phone", personal=Personal.PHONE, meaning="Phone, for identity resolution."),
    Column("loyalty_id", personal=Personal.LOYALTY_ID, meaning="Loyalty number, for identity resolution."),
)
_SOURCE = Column("source", required=True, meaning="The delivering system.")


def _feed(name: str, key: tuple[str, ...], meaning: str, *columns: Column) -> Feed:
    return Feed(name, key, (*columns, *_SENT), meaning)


ORDER_LINES = _feed(
    "order_lines",
    ("source", "order_id", "line_id"),
    "One row per order line: a sale or a return, in any channel.",
    _SOURCE,
    Column("order_id", required=True, meaning="The source's order."),
    Column("line_id", required=True, meaning="The line within the order."),
    Column("kind", T.ENUM, True, ("sale", "return"), meaning="Sale or return."),
    Column("channel", required=True, meaning="As the source calls it; for reporting only."),
    Column("location_id", meaning="Store or site where it took place."),
    Column(
        "associate_id", T.SELLERS, meaning="Seller recorded on the line; several separated by |, optional shares a1:70|a2:30."
    ),
    *_IDENTIFIERS,
    Column("ordered_at", T.TIMESTAMP, True, meaning="When the customer bought."),
    Column("completed_at", T.TIMESTAMP, meaning="When revenue is recognised; empty means not yet."),
    Column("sku", meaning="Stock-keeping unit."),
    Column("category", meaning="Product category."),
    Column("quantity", T.DECIMAL, True, scale=3, meaning="Pieces; negative on a return, 0 for a later price reduction."),
    Column("currency", T.CURRENCY, True, meaning="ISO 4217 code of every amount of the row."),
    Column("net_amount", T.AMOUNT, True, meaning="After discount, without tax; negative on a return."),
    Column("gross_amount", T.AMOUNT, meaning="Before discount, with tax as the source states it."),
    Column("discount_amount", T.AMOUNT, meaning="Discount given."),
    Column("tax_amount", T.AMOUNT, meaning="Tax."),
    Column("original_source", meaning="On a return: source of the line that it takes back."),
    Column("original_order_id", meaning="On a return: order of the line that it takes back."),
    Column("original_line_id", meaning="On a return: the line that it takes back."),
    Column("fulfilment_location_id", meaning="Where it was shipped from or collected."),
)

INTERACTION_KINDS = (
    "consultation",
    "conversation",
    "outreach",
    "appointment",
    "event",
    "service_case",
    "return_handling",
    "fulfilment",
    "follow_up",
)
METHODS = ("message", "phone", "email", "post")

INTERACTIONS = _feed(
    "interactions",
    ("source", "interaction_id"),
    "One row per interaction of an associate with a customer: service or engagement, in any channel.",
    _SOURCE,
    Column("interaction_id", required=True, meaning="The source's id of the interaction."),
    Column("kind", T.ENUM, True, INTERACTION_KINDS, meaning="What the associate did, never where."),
    Column("channel", required=True, meaning="As the source calls it; for reporting only."),
    Column("associate_id", required=True, meaning="Who did it."),
    Column("location_id", meaning="Where it took place, if anywhere."),
    *_IDENTIFIERS,
    Column("social_handle", personal=Personal.SOCIAL_HANDLE, meaning="platform:handle, for identity resolution."),
    Column("started_at", T.TIMESTAMP, True, meaning="When it began."),
    Column("ended_at", T.TIMESTAMP, meaning="When it ended."),
    Column("recorded_at", T.TIMESTAMP, meaning="When the source wrote it down."),
    Column("booked_at", T.TIMESTAMP, meaning="When an appointment was made."),
    Column("direction", T.ENUM, values=("inbound", "outbound"), meaning="Who turned to whom."),
    Column("method", T.ENUM, values=METHODS, meaning="Of an outreach: what the permission is asked for."),
    Column("outcome", meaning="kept, no_show, answered, unanswered, opted_out, auto_reply, resolved, reopened, escalated …"),
    Column("responded_at", T.TIMESTAMP, meaning="The customer's first answer to an outreach."),
    Column("order_source", meaning="Source of the order that it is about."),
    Column("order_id", meaning="The order that it is about."),
    Column("score", T.DECIMAL, scale=2, meaning="The customer's rating, 0 to 10."),
    Column("note", meaning="Free text; never written.", written=False),
)

ASSOCIATES = _feed(
    "associates",
    ("associate_id",),
    "One row per associate.",
    Column("associate_id", required=True, meaning="The retailer's id of the person."),
    Column("name", personal=Personal.CLEAR_ONLY, meaning="As shown to people."),
    Column("email", personal=Personal.CLEAR_ONLY, meaning="Work email."),
    Column("hired_on", T.DATE, meaning="First day worked."),
    Column("left_on", T.DATE, meaning="Last day worked."),
    Column("pay_group", meaning="Legal entity, country, calendar and currency in which the person is paid."),
    Column("customer_source", meaning="Source of the person's own customer record."),
    Column("customer_id", personal=Personal.CUSTOMER_ID, meaning="The person's own customer record, to find self-purchases."),
)

ASSIGNMENTS = _feed(
    "assignments",
    ("associate_id", "valid_from"),
    "One row per associate and span of one assignment.",
    Column("associate_id", required=True, meaning="The person."),
    Column("valid_from", T.DATE, True, meaning="First day."),
    Column("valid_to", T.DATE, meaning="First day after; empty ends at the next valid_from."),
    Column("team_id", meaning="The team."),
    Column("role", meaning="Role that plans ask for."),
    Column("location_id", meaning="Home location."),
    Column("manager_id", meaning="Who leads the person."),
    Column("fte", T.DECIMAL, scale=3, meaning="Share of full time, 0 to 1."),
    Column("currency", T.CURRENCY, meaning="Currency in which the person is paid."),
)

LOCATIONS = _feed(
    "locations",
    ("location_id",),
    "One row per store or site.",
    Column("location_id", required=True, meaning="The store or site."),
    Column("name", meaning="As shown to people."),
    Column("country", meaning="ISO 3166 alpha-2."),
    Column("region", meaning="Sales region."),
    Column("time_zone", T.TIME_ZONE, meaning="IANA name; gives the business date."),
    Column("calendar_id", meaning="Working days."),
    Column("opening_hours", meaning="As the source writes them."),
    Column("kind", T.ENUM, values=("boutique", "contact_centre", "studio", "online", "warehouse"), meaning="Kind of place."),
)

CUSTOMERS = _feed(
    "customers",
    ("source", "customer_id"),
    "One row per customer record of a source.",
    _SOURCE,
    Column("customer_id", required=True, personal=Personal.CUSTOMER_ID, meaning="The source's own customer id."),
    Column("name", personal=Personal.CLEAR_ONLY, meaning="As shown to the associate in charge."),
    Column("residence_country", meaning="ISO 3166 alpha-2."),
    Column("created_at", T.TIMESTAMP, meaning="When the record was made."),
)

PERMISSIONS = _feed(
    "permissions",
    ("source", "customer_id", "method", "purpose", "changed_at"),
    "One row per word of a customer on one way and purpose of contact.",
    _SOURCE,
    Column("customer_id", required=True, personal=Personal.CUSTOMER_ID, meaning="The source's own customer id."),
    Column("method", T.ENUM, True, METHODS, meaning="Way of contact."),
    Column("purpose", T.ENUM, True, ("contact", "profiling"), meaning="What it is for."),
    Column("changed_at", T.TIMESTAMP, True, meaning="When the customer said so."),
    Column("status", T.ENUM, True, ("granted", "withdrawn"), meaning="What the customer said."),
)

CUSTOMER_IDENTIFIERS = _feed(
    "customer_identifiers",
    ("source", "customer_id", "identifier_type", "identifier_value"),
    "One row per identifier of a customer record.",
    _SOURCE,
    Column("customer_id", required=True, personal=Personal.CUSTOMER_ID, meaning="The source's own customer id."),
    Column(
        "identifier_type",
        T.ENUM,
        True,
        ("email", "phone", "loyalty_id", "social_handle", "account_id"),
        meaning="Kind of identifier.",
    ),
    Column("identifier_value", required=True, personal=Personal.BY_TYPE, meaning="The identifier."),
)

CLIENT_OWNERSHIP = _feed(
    "client_ownership",
    ("customer_source", "customer_id", "associate_id", "valid_from"),
    "One row per span in which an associate looks after a client.",
    Column("customer_source", required=True, meaning="Source of the customer record."),
    Column("customer_id", required=True, personal=Personal.CUSTOMER_ID, meaning="The customer."),
    Column("associate_id", required=True, meaning="Who looks after the client."),
    Column("valid_from", T.DATE, True, meaning="First day."),
    Column("valid_to", T.DATE, meaning="First day after."),
)

TARGETS = _feed(
    "targets",
    ("subject_type", "subject_id", "measure", "period_start"),
    "One row per subject, measure and span of a target.",
    Column("subject_type", T.ENUM, True, ("associate", "team"), meaning="Whose target."),
    Column("subject_id", required=True, meaning="The associate or team."),
    Column("measure", required=True, meaning="A measure of the registry, or on_target."),
    Column("period_start", T.DATE, True, meaning="First day."),
    Column("period_end", T.DATE, True, meaning="First day after."),
    Column("value", T.DECIMAL, True, scale=3, meaning="The target; in major units of the currency where one is given."),
    Column("currency", T.CURRENCY, meaning="Of a money target."),
)

FX_RATES = _feed(
    "fx_rates",
    ("rate_date", "from_currency", "to_currency"),
    "One row per day and pair of currencies.",
    Column("rate_date", T.DATE, True, meaning="Day of the rate."),
    Column("from_currency", T.CURRENCY, True, meaning="One unit of it"),
    Column("to_currency", T.CURRENCY, True, meaning="is worth this many of it."),
    Column("rate", T.DECIMAL, True, scale=9, meaning="The rate."),
)

FEEDBACK = _feed(
    "feedback",
    ("source", "feedback_id"),
    "One row per answer to a survey.",
    _SOURCE,
    Column("feedback_id", required=True, meaning="The source's id."),
    Column("kind", T.ENUM, True, ("csat", "nps", "employee_pulse"), meaning="Which survey."),
    Column("score", T.DECIMAL, True, scale=2, meaning="The answer."),
    Column("given_at", T.TIMESTAMP, True, meaning="When it was given."),
    Column("customer_source", meaning="Source of the customer record."),
    Column("customer_id", personal=Personal.CUSTOMER_ID, meaning="The customer."),
    Column("associate_id", meaning="The associate it is about; of an employee_pulse it is not kept."),
    Column(
        "team_id", meaning="Of an employee_pulse: the team that was asked. It is kept by team and week, without who answered."
    ),
    Column("interaction_source", meaning="Source of the interaction it is about."),
    Column("interaction_id", meaning="The interaction it is about."),
    Column("order_source", meaning="Source of the order it is about."),
    Column("order_id", meaning="The order it is about."),
)

HOURS = _feed(
    "hours",
    ("associate_id", "work_date", "activity"),
    "One row per associate, day and activity.",
    Column("associate_id", required=True, meaning="The person."),
    Column("work_date", T.DATE, True, meaning="The day."),
    Column(
        "activity",
        T.ENUM,
        True,
        ("boutique", "online", "social", "contact_centre", "training", "leave"),
        meaning="What the hours were for.",
    ),
    Column("hours", T.DECIMAL, True, scale=2, meaning="Hours worked."),
    Column("scheduled_hours", T.DECIMAL, scale=2, meaning="Hours planned."),
)

CALENDARS_FEED = _feed(
    "calendars",
    ("calendar_id", "date"),
    "One row per calendar and day.",
    Column("calendar_id", required=True, meaning="The calendar."),
    Column("date", T.DATE, True, meaning="The day."),
    Column("is_working", T.BOOLEAN, True, meaning="Whether people work on it."),
)

SCORES = _feed(
    "scores",
    ("associate_id", "measure", "score_date"),
    "One row per associate, measure and day of a measure that another system computes.",
    Column("associate_id", required=True, meaning="The person."),
    Column("measure", required=True, meaning="Name of the measure."),
    Column("score_date", T.DATE, True, meaning="The day."),
    Column("value", T.DECIMAL, True, scale=3, meaning="The value."),
)

CREDIT_OVERRIDES = _feed(
    "credit_overrides",
    ("override_id",),
    "One row per decision that replaces the recorded seller of a line.",
    Column("override_id", required=True, meaning="Id of the decision."),
    _SOURCE,
    Column("order_id", required=True, meaning="The order."),
    Column("line_id", required=True, meaning="The line."),
    Column("associate_id", T.SELLERS, True, meaning="Who sold it, with shares as on an order line."),
    Column("reason", required=True, meaning="Why."),
    Column("question_id", meaning="The question that it answers."),
    Column("decided_at", T.TIMESTAMP, True, meaning="When it was decided; the last one holds."),
    Column("entered_by", required=True, meaning="Who entered it."),
    Column("approved_by", meaning="Who approved it; without it the override does not count."),
)

CONTROL_TOTALS = _feed(
    "control_totals",
    ("source", "business_date", "currency", "basis"),
    "One row per source, business date, currency and basis: what the source itself says that it sold.",
    _SOURCE,
    Column("business_date", T.DATE, True, meaning="Local date at the location."),
    Column("currency", T.CURRENCY, True, meaning="ISO 4217 code."),
    Column("basis", T.ENUM, values=("ordered", "completed"), meaning="Which date counts; completed where empty."),
    Column("lines", T.INTEGER, True, meaning="Lines, sales and returns together."),
    Column("net_amount", T.AMOUNT, True, meaning="Net sales, returns taken off."),
    Column("as_of", T.TIMESTAMP, meaning="When the source counted; reconciled against rows known then."),
)

FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        ORDER_LINES,
        INTERACTIONS,
        ASSOCIATES,
        ASSIGNMENTS,
        LOCATIONS,
        CUSTOMERS,
        PERMISSIONS,
        CUSTOMER_IDENTIFIERS,
        CLIENT_OWNERSHIP,
        TARGETS,
        FX_RATES,
        FEEDBACK,
        HOURS,
        CALENDARS_FEED,
        SCORES,
        CREDIT_OVERRIDES,
        CONTROL_TOTALS,
    )
}
