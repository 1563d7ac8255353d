"""Migrations of the operational store; applied ones are never edited."""
