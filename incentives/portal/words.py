"""The words on screen for what the marts call by code; one place, so that a page never shows a code.

Said to people: credit, sold by you, advised, your client, counts for nobody, pending, draft, final.
"""

from __future__ import annotations

import re

MINE = {"seller": "sold by you", "advisor": "advised", "relationship": "your client"}
STRIP = {"seller": "Sold", "advisor": "Advised", "relationship": "Your clients"}
MY_PART = {"seller": "You, as seller", "advisor": "You, for advice", "relationship": "You, for your client"}
# The same of another person, on a page that others read.
OF_THEM = {"seller": "sold", "advisor": "advised", "relationship": "own client"}
STRIP_OF_THEM = {"seller": "Sold", "advisor": "Advised", "relationship": "Own clients"}
THEIRS = {"seller": "seller", "advisor": "advisor", "relationship": "looks after the client"}
THEIRS_MANY = {"seller": "sellers", "advisor": "advisors", "relationship": "look after the client"}
VERB = {
    "seller": "You sold it, and the seller's part",
    "advisor": "You had advised the client before, and your advice",
    "relationship": "You look after this client, and that",
}

# Why a part, or all of a line, counts for nobody.
NOBODY = {
    "unidentified": "no client was named on the sale",
    "house_account": "the client record is shared by many orders, so nobody can tell whose advice it was",
    "unclaimed": "nobody held this role",
    "no_role_held": "nobody held any role in it",
    "excluded_category": "this kind of article does not count",
    "self_purchase": "purchases on one's own client record do not count for oneself",
    "unmatched_return": "the sale that it takes back is not known",
    "return_exceeds_sale": "more came back than had been sold",
    "sale_not_completed": "the sale that it takes back is not completed yet",
    "not_employed": "the seller recorded was not employed on the day",
}

TOUCH_KIND = {
    "appointment": "Appointment",
    "consultation": "Consultation",
    "conversation": "Conversation",
    "service_case": "Service case",
    "return_handling": "Handling a return",
    "event": "Event",
    "follow_up": "Follow-up",
    "outreach": "Message you sent",
    "fulfilment": "Handing over an order",
}

LEFT_OUT = {
    "unknown_associate": "nobody knows this person yet",
    "not_employed": "you were not employed on the day",
    "no_show": "the client did not come",
    "opted_out": "the client asked not to be contacted",
    "auto_reply": "the answer was an automatic one",
    "not_kept": "the appointment was not kept",
    "booked_too_late": "the appointment was made less than an hour before",
    "not_permitted": "the client had not agreed to be contacted this way",
    "kind_not_counted": "this kind does not count under the rules in force",
    "recorded_after_order": "it was written down after the sale",
    "late_logging": "it was written down too late",
    "no_response": "the client had not answered in time",
    "own_sale_hours": "it was part of your own sale",
    "one_per_day": "one a day counts, and another one of that day weighs more",
    "max_per_order": "only the strongest count, and others weigh more",
    "not_the_first": "the first one counts",
    "not_the_last": "the last one counts",
}

STATE = {
    "open": "Open",
    "calculated": "Calculated",
    "in_review": "In review",
    "approved": "Approved",
    "locked": "Locked",
    "exported": "Exported",
}

ACT = {
    "calculate": "Calculate",
    "review": "Send to review",
    "approve": "Approve",
    "send_back": "Send back",
    "lock": "Lock",
    "export": "Export to payroll",
}

ACT_MEANS = {
    "calculate": "Computes every statement from the published figures. A new version is made; the one before stays.",
    "review": "Shows each person their statement as a draft. Somebody else approves it afterwards.",
    "approve": "Says that this version is right. Whoever calculated or reviewed it cannot approve it, nor anybody who is paid by it.",
    "send_back": "Returns it to calculation. The reason stays with the cycle.",
    "lock": "Makes the statements final and posts what is owed. This cannot be undone; later differences come as corrections.",
    "export": "Writes the payroll file with its control totals and posts the payments. Exporting again gives the same file.",
}

ACT_DONE = {
    "open": "opened",
    "calculate": "calculated",
    "review": "sent to review",
    "approve": "approved",
    "send_back": "sent back",
    "lock": "locked",
    "export": "exported",
}

INSTRUCTION = {
    "hold": "Not paid with this cycle",
    "release": "Held before, paid with this cycle",
    "write_off": "What is owed after this cycle is not asked for",
    "waive": "Check waived for this version",
    "goodwill": "Goodwill",
}

OPENING = {
    "payable": "Owed to people from before",
    "carried_forward": "Owed by people from before, taken from what they are paid",
    "held": "Held from before",
    "draw": "Owed of draws from before",
}

QUESTION_STATE = {"asked": "Waits for an answer", "answered": "Answered, not decided", "decided": "Decided"}

OUTCOME = {
    "declined": "Nothing changes",
    "goodwill": "Paid as goodwill",
    "re_credit": "Credited otherwise; the difference comes with the next calculation",
}

EXCEPTION = {
    "target_missing": "People without a target",
    "target_zero": "Targets of zero",
    "person_without_plan": "People without a plan",
    "pool_without_weight": "Pools that nobody shares",
    "target_currency": "Targets in another currency",
    "other_currency": "Credit in a currency that the plan does not pay on",
    "control_total_difference": "Control totals that do not agree",
    "house_account": "Shared client records",
    "shared_identifier": "Identifiers that too many client records share",
    "unknown_associate": "People on sales whom nobody knows",
    "touches_unknown_associate": "Conversations of people whom nobody knows",
    "seller_not_employed": "Sellers who were not employed on the day",
    "touches_not_employed": "Conversations of people not employed on the day",
    "unmatched_return": "Returns whose sale is not known",
    "return_exceeds_sale": "More returned than sold",
    "missing_rate": "Sales without an exchange rate",
    "return_before_sale_completed": "Returns of sales that are not completed",
}


def sentence(text: str) -> str:
    """Return a recorded sentence with measures named as people call them, and a capital first."""
    named = measures_named(text)
    return named[:1].upper() + named[1:]


def measures_named(text: str) -> str:
    """Return a sentence with the measures in it named as people call them."""
    return _MEASURE_CODE.sub(lambda found: MEASURE[found.group()].lower(), text)


PAYROLL = {
    "accepted": "Accepted",
    "refused": "Refused, and owed again",
    "waiting": "No answer yet",
}

CLOSE_ITEM = {
    "everyone_has_a_plan": "People without a plan",
    "every_target_is_there": "Targets that are missing, zero or in another currency",
    "every_amount_is_in_a_currency_of_the_plan": "Credit in a currency that the plan does not pay on",
    "every_pool_is_shared": "Pools that nobody shares",
    "every_line_has_a_rate": "Sales without an exchange rate",
    "nobody_unknown_has_money": "Credit of people whom nobody knows",
    "no_refused_line_has_money": "Sales that were refused and wait to be mended",
    "nothing_landed": "Files that landed after the calculation",
    "no_other_input_of_pay_came": "Targets, assignments, rates and the like that came since the last cycle",
    "the_deliveries_raise_no_warning": "Warnings about what was delivered",
}


def exception(kind: str) -> str:
    """Return a kind of open item in words."""
    if kind.startswith("quarantined_"):
        return f"Rows set aside: {spoken(kind.removeprefix('quarantined_'))}"
    return EXCEPTION.get(kind, spoken(kind).capitalize())


def close_item(name: str) -> str:
    """Return an item of the close checklist in words."""
    return CLOSE_ITEM.get(name) or (
        CLOSE_ITEM["nothing_landed"] if name.startswith("nothing_landed") else spoken(name).capitalize()
    )


def spoken(code: str) -> str:
    """Return a code that has no words of its own as plain words."""
    return code.replace("_", " ").replace("-", " ").strip()


def nobody(reason: str | None) -> str:
    """Return why something counts for nobody."""
    return NOBODY.get(reason or "", spoken(reason) if reason else "nobody held this role")


def left_out(reason: str | None) -> str:
    """Return why something a person did before the sale did not count."""
    return LEFT_OUT.get(reason or "", spoken(reason) if reason else "it did not count under the rules in force")


def touch_kind(kind: str) -> str:
    """Return a kind of interaction in words."""
    return TOUCH_KIND.get(kind, spoken(kind).capitalize())


def measure(code: str) -> str:
    """Return a measure in words."""
    return MEASURE.get(code, spoken(code).capitalize())


MEASURE = {
    "credited_revenue": "Credit",
    "team_credited_revenue": "Credit of the team",
    "credited_revenue_seller": "Credit as seller",
    "credited_revenue_advisor": "Credit for advice",
    "credited_revenue_relationship": "Credit for own clients",
    "credited_units": "Pieces credited",
    "credited_orders": "Orders credited",
    "clients_served": "Clients met",
    "new_clients": "New clients",
    "new_local_clients": "New local clients",
    "return_share": "Share of returns",
}

_MEASURE_CODE = re.compile(r"\b(" + "|".join(sorted(MEASURE, key=len, reverse=True)) + r")\b")
