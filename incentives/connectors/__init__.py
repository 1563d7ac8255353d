"""Connectors: what pulls or receives records of a source and writes them as delivery files into its inbox.

A connector ends where a delivery begins: landing takes its files as it takes any other. Each kind yields pages
of records; one loop maps them to the columns of feeds, makes the files durable, then advances the position.
"""
