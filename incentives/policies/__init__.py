"""Crediting policies: model, parser, JSON Schema."""
