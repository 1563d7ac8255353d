"""Bonus plans: model, parser, JSON Schema."""
