"""The pages, a module for each kind of reader; every route has its rule in incentives/portal/rules.py."""
