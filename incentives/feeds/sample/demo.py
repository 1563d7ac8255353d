"""The part of a demo workspace's `incentives.toml` that names the sample's sources and pay groups."""

from __future__ import annotations

# What each source delivers. Written out rather than derived: the demo's file is what readers learn the settings from.
_SOURCES = """\
# Tills of the boutiques in Europe. Their timestamps carry an offset, so no time zone is set.
[sources.pos-eu]
feeds = ["order_lines", "customers", "customer_identifiers", "control_totals"]

# Tills of the boutiques in the Gulf write local time without an offset; it is read in this time zone.
[sources.pos-ae]
feeds = ["order_lines", "customers", "customer_identifiers", "control_totals"]
time_zone = "Asia/Dubai"

[sources.webshop]
feeds = ["order_lines", "customers", "customer_identifiers", "control_totals"]

# Clienteling tool: appointments, messages, video, remote sales, client books.
[sources.clienteling]
feeds = [
  "order_lines", "interactions", "customers", "customer_identifiers", "permissions", "client_ownership",
  "control_totals",
]

# Client care by phone, email and chat. Its answers name interactions and customers of other systems.
[sources.service-desk]
feeds = ["interactions", "feedback"]

[sources.hr]
feeds = ["associates", "assignments", "locations", "calendars"]

[sources.workforce]
feeds = ["hours"]

[sources.finance]
feeds = ["targets", "fx_rates"]

[sources.learning]
feeds = ["scores"]
"""

_PAY_GROUPS = """\
[pay_groups.europe]
legal_entity = "Maison Aurelle Europe SAS"
country = "FR"
calendar = "month"
currency = "EUR"
default = true

[pay_groups.gulf]
legal_entity = "Maison Aurelle Gulf LLC"
country = "AE"
calendar = "month"
currency = "AED"
"""


def demo_sources_toml() -> str:
    """Return the `[sources.*]` and `[pay_groups.*]` tables of the sample retailer."""
    return f"{_SOURCES}\n{_PAY_GROUPS}"
