"""Increments: what new loads change, worked out by the selects of the last full build over the rows that it touches.

A full build keeps its compiled models beside their tables (`compiled`). An increment runs the same selects in
memory (`scratch`), over as few rows as give the same answer: what was delivered (`staging`), the customers whose records are
joined otherwise (`identity`), the lines and touches that read differently (`lines`, `touches`), the families whose credits may
differ (`families`), the days whose measures may (`measures`). What differs is written to the warehouse in one transaction
(`merge`), or nothing is.
"""
