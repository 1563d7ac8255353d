"""What is owed to whom, why, and how it is shown: feeds, policies, plans, bonus, ledger, portal."""

from __future__ import annotations

__version__ = "0.1.0"
