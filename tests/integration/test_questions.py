"""Questions about statements, through the command line: asked, answered, decided, and what follows from each decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support_build import KEY, line
from support_build import deliver as deliver_rows
from support_ledger import BORIS, CLARA, Desk, desk, draft_statement
from support_shop import SELLER, TENTH, Shop
from support_stores import STORES, change, drop_trigger, new_place, refusal

from incentives.errors import InputError
from incentives.ledger import questions
from incentives.ledger.access import AccessError, Grant, Person, Role
from incentives.ledger.audit import Actor
from incentives.ledger.heads import find
from incentives.ledger.integrity import verify
from incentives.ledger.questions import Outcome
from incentives.ledger.states import StateError
from incentives.periods import Period
from incentives.services.questioning import answer_question, list_questions

LINA = Actor("a1", "person")
MARCH = Period.parse("2026-03")


@pytest.fixture(params=STORES)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(new_place(request.param, tmp_path)) as opened:
        opened.open()
        opened.calculate([draft_statement("a1", 300_00), draft_statement("a2", 10_00)])
        yield opened


def _ask(office: Desk, actor: Actor = LINA, number: str = "2026-03/main/a1") -> int:
    with office.ledger.act() as session:
        return questions.ask(session, actor, find(session, "main", MARCH), number, "Where is the coat?", at=office.tick())


def test_a_question_is_a_persons_own_about_what_is_before_them(office: Desk) -> None:
    with pytest.raises(StateError, match="not before their people yet"):
        _ask(office)
    office.review(until=office.now.replace(hour=12, minute=30))
    with pytest.raises(AccessError, match="not a statement of a2"):
        _ask(office, Actor("a2", "person"))
    with pytest.raises(InputError, match="no statement 2026-03/main/a9"):
        _ask(office, number="2026-03/main/a9")
    assert _ask(office) == 1
    office.now = office.now.replace(hour=12, minute=30)
    with pytest.raises(StateError, match="the time for questions about the draft ended"):
        _ask(office)
    office.approve()
    assert _ask(office) == 2


def test_a_question_is_decided_once_and_by_another(office: Desk) -> None:
    office.review()
    _ask(office)
    with office.ledger.act() as session:
        questions.answer(session, BORIS, 1, "The till was down.", at=office.tick())
    with pytest.raises(AccessError, match="a1 asked the question"), office.ledger.act() as session:
        questions.decide(session, LINA, 1, Outcome.DECLINED, "Mine.", at=office.tick())
    with office.ledger.act() as session:
        questions.decide(session, CLARA, 1, Outcome.DECLINED, "It was sold by a2.", at=office.tick())
    with pytest.raises(InputError, match="decided before: declined"), office.ledger.act() as session:
        questions.answer(session, BORIS, 1, "Really.", at=office.tick())

    with office.ledger.reading() as session:
        asked = questions.question(session, 1)
        assert (asked.state, asked.version, asked.words) == ("decided", 1, "Where is the coat?")
        assert [(said.person_id, said.words, said.outcome) for said in asked.said] == [
            ("boris", "The till was down.", None),
            ("clara", "It was sold by a2.", Outcome.DECLINED),
        ]
        assert verify(session).findings == []
    engine = office.ledger.engine
    said = "insert into question_acts select question_id, 3, 'answer', null, {who}, acted_at, 1 from question_acts where sequence = 1"
    assert "decided once" in refusal(engine, said.format(who="person_id"))
    assert "never changed" in refusal(engine, "update question_acts set outcome = 'goodwill'")
    assert "never deleted" in refusal(engine, "delete from questions")
    drop_trigger(engine, "questions", "questions_unchanged")
    change(engine, "update questions set version = 7")
    with office.ledger.reading() as session:
        assert ("question 1", "it is not what was recorded") in [(one.place, one.sentence) for one in verify(session).findings]


def test_the_database_takes_no_answer_of_whoever_asked(office: Desk) -> None:
    office.review()
    _ask(office)
    said = "insert into question_acts select question_id, 1, 'answer', null, associate_id, asked_at, 1 from questions"
    assert "nobody answers or decides their own question" in refusal(office.ledger.engine, said)


def test_from_a_question_to_an_override_and_to_goodwill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 10 %. March: o1 1,000.00 and o2 500.00 stand on noor: 150.00. lina asks about o2, which she sold, and about her lost day.
    monkeypatch.setenv("INCENTIVES_KEY", KEY)
    shop = Shop(tmp_path / "ws", SELLER, TENTH)
    placed = {"valid_from": "2020-01-01", "role": "client_advisor", "currency": "EUR", "team_id": "t"}
    led = [{"associate_id": who, "manager_id": "nora" if who == "lina" else "", **placed} for who in ("lina", "noor", "anna")]
    deliver_rows(shop.ws, "hr", "assignments.csv", led)
    sold = [line("o1", "1", "1000.00", seller="noor", location_id=""), line("o2", "1", "500.00", seller="noor", location_id="")]
    deliver_rows(shop.ws, "till", "order_lines-1.csv", [*sold, line("o3", "1", "100.00", location_id="")])
    shop.land_and_build()
    assert shop.calculated("2026-03")["lina", "2026-03"] == ("10.00", "0.00", "10.00")
    shop.cycle("review", "2026-03")

    def question(*arguments: str, by: str, code: int = 0) -> list[dict[str, object]]:
        done = shop.command("question", *arguments, "--actor", by, "--format", "json", code=code)
        return done.json() if code == 0 else []

    mine = "2026-03/fr/lina"
    shop.command("question", "ask", mine, "--text", "o2 was mine.", "--line", "till", "o9", "1", "--actor", "lina", code=2)
    question("ask", mine, "--text", "o2 was mine.", "--line", "till", "o2", "1", by="lina")
    question("ask", mine, "--text", "The till was down on the 4th.", by="lina")
    # What is open stops the approval, and is seen by whom it concerns alone.
    refused = shop.command("cycle", "approve", "2026-03", "--actor", "iris", code=1)
    assert "2 are open" in refused.err
    noor = Person("noor", None, None, False, (Grant(Role.MANAGER, "*"),))
    now = datetime.now(UTC)
    assert list_questions(shop.ws, noor, now=now) == ()
    with pytest.raises(AccessError, match="noor neither leads lina nor is finance"):
        answer_question(shop.ws, 1, "No.", by=noor, now=now)
    nora = Person("nora", None, None, False, (Grant(Role.MANAGER, "*"),))
    assert [asked.question_id for asked in list_questions(shop.ws, nora, now=now)] == [1, 2]
    assert [row["state"] for row in question("list", "--open", by="iris")] == ["asked", "asked"]

    # Nobody decides alone: somebody enters what finance approves.
    decision = ("decide", "1", "re-credit", "--to", "lina:60|noor:40", "--reason", "Both served.")
    assert "another person enters" in shop.command("question", *decision, "--actor", "iris", code=2).err
    question("answer", "1", "--text", "Sixty to forty, says the manager.", by="omar")
    for wrong, said in (
        ("lina:60|noor:30", "sum to 90"),
        ("lina:60|noor", "does not say"),
        ("lina|lina", "does not say"),
        ("lina:x", "no number"),
        ("lena", "nobody is known as lena"),
        ("omar", "nobody is known as omar"),
    ):
        refused = shop.command(
            "question", "decide", "1", "re-credit", "--to", wrong, "--reason", "Both.", "--actor", "iris", code=2
        )
        assert said in refused.err
    question(*decision, by="iris")
    goodwill = ("decide", "2", "goodwill", "--amount", "25.00", "--period", "2026-03", "--reason", "A lost day.")
    decided = question(*goodwill, by="olga")
    assert (decided[0]["state"], decided[0]["outcome"]) == ("decided", "goodwill")
    assert "decided before: goodwill" in shop.command("question", *goodwill, "--actor", "olga", code=2).err
    # The same decision again, as after a killed run, delivers the same file.
    delivered = shop.ws.inbox / "office" / "credit_overrides-question-1.csv"
    before = delivered.read_bytes()
    delivered.unlink()
    other = ("question", "decide", "1", "re-credit", "--to", "lina", "--reason", "All hers.", "--actor", "iris")
    assert "decided before: re_credit" in shop.command(*other, code=2).err
    question(*decision, by="iris")
    assert delivered.read_bytes() == before
    shop.land_and_build()
    shop.cycle("calculate", "2026-03")

    # o2: 300.00 lina's, 200.00 noor's. lina 10 % of 400.00, noor 10 % of 1,200.00.
    assert shop.statements("2026-03") == {
        ("lina", "2026-03"): ("40.00", "0.00", "40.00"),
        ("noor", "2026-03"): ("120.00", "0.00", "120.00"),
        ("anna", "2026-03"): ("0.00", "0.00", "0.00"),
    }
    shop.cycle("review", "2026-03")
    assert "goodwill" in shop.command("cycle", "approve", "2026-03", "--actor", "olga", code=2).err
    assert "re_credit" in shop.command("cycle", "approve", "2026-03", "--actor", "iris", code=2).err
    shop.cycle("approve", "2026-03", by="petra")
    shop.cycle("lock", "2026-03")
    shop.cycle("export", "2026-03")
    assert shop.exported("2026-03") == [
        ("lina", "BONUS", "40.00"),
        ("lina", "GOODWILL", "25.00"),
        ("noor", "BONUS", "120.00"),
    ]
    shop.everything_holds("2026-03")
    assert [row["hours"] for row in question("list", by="lina")] == [0, 0]
