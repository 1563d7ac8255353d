"""The operational store: cycles, postings, audit chain, accounts."""
