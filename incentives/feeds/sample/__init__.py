"""A believable omnichannel luxury retailer, made up: every feed of it, deterministic by seed, of any size."""

from incentives.feeds.sample.demo import demo_sources_toml
from incentives.feeds.sample.generator import SampleSummary, generate_sample

__all__ = ["SampleSummary", "demo_sources_toml", "generate_sample"]
