"""A check that cannot be evaluated does not hold, and what the library said of it stays inside."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd

from quality.checks import Check
from quality.evaluation import evaluate


def test_an_expectation_that_raises_fails_its_check_without_its_message() -> None:
    frames = {"people": pd.DataFrame({"secret": [4_711, 4_712]})}
    raising = Check(
        "secrets_match", "people", True, "ExpectColumnValuesToMatchRegex", {"column": "secret", "regex": "("}, "people", "x", "y"
    )

    (outcome,) = evaluate("test", [raising], frames)

    assert outcome.stops
    assert outcome.observed == "the check could not be evaluated"
    assert "4711" not in outcome.sentence
    assert "(" not in outcome.sentence


def test_declaring_the_suites_does_not_import_the_library() -> None:
    code = """
import sys, quality.delivered, quality.payable
quality.delivered.delivered_checks(quality.delivered.DeliveredTolerances())
quality.payable.payable_checks()
assert not {'great_expectations', 'pandas'} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_evaluation_needs_no_network_and_leaves_analytics_off() -> None:
    code = """
import os, socket, sys
def refused(*_arguments): sys.exit('a connection was opened')
socket.socket.connect = refused
socket.getaddrinfo = refused
import pandas as pd
from quality.checks import Check
from quality.evaluation import evaluate
check = Check('n', 'people', True, 'ExpectColumnValuesToBeBetween', {'column': 'n', 'min_value': 1}, 'people', 'x', 'y')
assert evaluate('test', [check], {'people': pd.DataFrame({'n': [1]})})[0].passed
assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'
"""
    finished = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert finished.stdout == ""
    assert "Calculating Metrics" not in finished.stderr
