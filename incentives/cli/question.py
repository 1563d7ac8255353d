"""`incentives question`: what people ask about their statements, what they are answered, and what finance decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from incentives import clock
from incentives.cli.acting import acting_options, who_acts
from incentives.cli.options import format_option, workspace_option
from incentives.cli.output import Cell, OutputFormat, emit
from incentives.errors import InputError
from incentives.workspace import Workspace

if TYPE_CHECKING:
    from incentives.ledger.questions import Asked

COLUMNS = (
    "question",
    "statement",
    "version",
    "order_line",
    "state",
    "outcome",
    "asked_at",
    "hours",
    "question_text",
    "last_by",
    "last_text",
)


@click.group()
def question() -> None:
    """Ask about a statement, answer, and decide.

    A question is bound to the version of the statement that its person saw. An open question stops the cycle's approval.
    """


@question.command()
@click.argument("statement", metavar="STATEMENT")
@click.option("--text", "words", required=True, metavar="TEXT", help="The question.")
@click.option("--line", nargs=3, metavar="SOURCE ORDER LINE", help="The order line that it is about, credited to you or not.")
@acting_options
@workspace_option
@format_option
def ask(
    statement: str,
    words: str,
    line: tuple[str, str, str] | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Ask about STATEMENT (2026-03/main/A0001), which is your own."""
    from incentives.services.questioning import ask_question

    by = who_acts(workspace, token, actor)
    _show([ask_question(workspace, statement, words, by=by, now=clock.now(), order_line=line)], output_format)


@question.command("list")
@click.option("--period", metavar="PERIOD", help="Only about statements of this cycle's period.")
@click.option("--pay-group", metavar="NAME", help="Only of this pay group.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not decided.")
@acting_options
@workspace_option
@format_option
def list_command(
    period: str | None,
    pay_group: str | None,
    only_open: bool,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """List questions, oldest first: your own, of whom you lead today, and of the pay groups whose finance you are."""
    from incentives.periods import Period
    from incentives.services.questioning import list_questions

    found = list_questions(
        workspace,
        who_acts(workspace, token, actor),
        now=clock.now(),
        pay_group=pay_group,
        period=Period.parse(period) if period else None,
        only_open=only_open,
    )
    _show(found, output_format)


@question.command()
@click.argument("number", metavar="QUESTION", type=int)
@click.option("--text", "words", required=True, metavar="TEXT", help="The answer.")
@acting_options
@workspace_option
@format_option
def answer(
    number: int, words: str, token: str | None, actor: str | None, workspace: Workspace, output_format: OutputFormat
) -> None:
    """Answer QUESTION: whoever leads the person today, or finance."""
    from incentives.services.questioning import answer_question

    by = who_acts(workspace, token, actor)
    _show([answer_question(workspace, number, words, by=by, now=clock.now())], output_format)


@question.command()
@click.argument("number", metavar="QUESTION", type=int)
@click.argument("outcome", type=click.Choice(["re-credit", "goodwill", "declined"]))
@click.option("--reason", required=True, help="Why; the person reads it.")
@click.option("--to", "sellers", metavar="SELLERS", help="Of re-credit: who sold the line, a1 or a1:70|a2:30.")
@click.option(
    "--source", metavar="SOURCE", help="Of re-credit: the source that delivers credit overrides, where there are several."
)
@click.option("--amount", metavar="AMOUNT", help="Of goodwill: how much, in the statement's currency.")
@click.option("--period", metavar="PERIOD", help="Of goodwill: the cycle that pays it, calculated or in review.")
@acting_options
@workspace_option
@format_option
def decide(
    number: int,
    outcome: str,
    reason: str,
    sellers: str | None,
    source: str | None,
    amount: str | None,
    period: str | None,
    token: str | None,
    actor: str | None,
    workspace: Workspace,
    output_format: OutputFormat,
) -> None:
    """Decide QUESTION, once; by finance of the pay group.

    re-credit delivers a credit override: what it moves is settled by the next calculation after it landed. It needs an answer by somebody else, who
    entered what finance approves. goodwill pays an amount outside the plan. Whoever decides goodwill does not approve the cycle that pays it.
    """
    from incentives.periods import Period
    from incentives.services import questioning

    by, now = who_acts(workspace, token, actor), clock.now()
    wrong = {
        "re-credit": amount or period or not sellers,
        "goodwill": sellers or source or not amount or not period,
        "declined": sellers or source or amount or period,
    }
    if wrong[outcome]:
        raise InputError(
            f"{outcome} takes other options.",
            remedy="re-credit: --to SELLERS. goodwill: --amount and --period. declined: neither.",
        )
    if outcome == "re-credit":
        done = questioning.decide_re_credit(workspace, number, sellers or "", reason, by=by, now=now, source=source)
    elif outcome == "goodwill":
        done = questioning.decide_goodwill(workspace, number, amount or "", Period.parse(period or ""), reason, by=by, now=now)
    else:
        done = questioning.decline_question(workspace, number, reason, by=by, now=now)
    _show([done], output_format)


def _show(found: Sequence[Asked], output_format: OutputFormat) -> None:
    now = clock.now()
    rows: list[dict[str, Cell]] = []
    for asked in found:
        last = asked.said[-1] if asked.said else None
        until = asked.said[0].at if asked.said else now
        rows.append(
            {
                "question": asked.question_id,
                "statement": asked.statement,
                "version": asked.version,
                "order_line": " ".join(asked.order_line) if asked.order_line else None,
                "state": asked.state,
                "outcome": asked.outcome.value if asked.outcome else None,
                "asked_at": asked.asked_at.isoformat(),
                "hours": int((until - asked.asked_at).total_seconds() // 3600),
                "question_text": asked.words,
                "last_by": last.person_id if last else None,
                "last_text": last.words if last else None,
            }
        )
    emit(rows, COLUMNS, output_format)
