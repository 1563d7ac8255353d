"""Mappings: how a source's own words become ours, written by people, one file a source; no expressions, only tables."""
