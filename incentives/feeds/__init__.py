"""Feeds: what a workspace receives, how it lands, and sample data of the same shape."""
