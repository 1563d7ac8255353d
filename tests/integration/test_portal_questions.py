"""Questions in the portal: asked on a statement, answered by whoever leads the person, decided by finance, and seen by nobody else."""

from __future__ import annotations

from support_portal import House

from incentives.ledger.engine import Ledger
from incentives.ledger.integrity import verify

MINE = "/pay/2026-03/main/lina"


def test_a_question_goes_from_the_statement_to_the_manager_and_finance_and_back(house: House) -> None:
    lina, anna, bruno, omar = (house.signed_in(who) for who in ("lina", "anna", "bruno", "omar"))

    asked = lina.post(MINE, f"{MINE}/questions", text="Where is <b>Tuesday</b>?")
    assert (asked.status_code, asked.headers["location"]) == (303, MINE)
    # Shown as text, to her, to who leads her, and to finance.
    assert "Where is &lt;b&gt;Tuesday&lt;/b&gt;?" in lina.get(MINE).text
    assert "One question is open." in anna.get("/questions").text
    assert "No question is open." in bruno.get("/questions").text
    assert "/questions/1/decide" in omar.get("/questions").text
    assert "/questions/1/decide" not in anna.get("/questions").text
    assert "/questions/1/answer" not in lina.get("/questions").text

    assert "1 question about its statements to decide" in omar.get("/cycles/main/2026-03").text

    # Who neither leads her nor is finance is refused, in words; finance alone decides.
    refused = bruno.post("/questions", "/questions/1/answer", text="No.")
    assert refused.status_code == 409
    assert "Bruno neither leads lina nor is finance" in refused.text.replace("bruno", "Bruno")
    assert anna.post("/questions", "/questions/1/decide", outcome="declined", text="No.").status_code == 404
    assert anna.post("/questions", "/questions/1/answer", text="The till was down.").status_code == 303
    wrong = omar.post(
        "/questions", "/questions/1/decide", outcome="goodwill", amount="much", period="2026-03", text="For the day."
    )
    assert wrong.status_code == 409
    assert "You wrote: For the day." in wrong.text
    done = omar.post(
        "/questions", "/questions/1/decide", outcome="goodwill", amount="12.50", period="2026-03", text="For the day."
    )
    assert done.status_code == 303

    cycle = omar.get("/cycles/main/2026-03").text
    assert "question about its statements" not in cycle
    assert "Goodwill: Lina Moreau" in cycle
    assert "€12.50" in cycle
    page = lina.get(MINE).text
    assert "The till was down." in page
    assert "For the day." in page
    assert "Paid as goodwill" in page
    assert "No question is open." in lina.get("/questions").text
    with Ledger.open(house.ws.ledger) as ledger, ledger.reading() as session:
        assert verify(session).findings == []


def test_a_question_is_about_a_statement_of_ones_own(house: House) -> None:
    lina = house.signed_in("lina")

    assert lina.post(MINE, "/pay/2026-02/main/noor/questions", text="How much?").status_code == 404
    empty = lina.post(MINE, f"{MINE}/questions", text=" ")
    assert empty.status_code == 409
    assert "A reason is needed" in empty.text


def test_a_question_may_be_about_one_order_line(house: House) -> None:
    lina, omar = house.signed_in("lina"), house.signed_in("omar")
    line = {"source": "till", "order_id": "1101", "line_id": "1"}

    missing = lina.post(MINE, f"{MINE}/questions", text="And this?", **{**line, "line_id": "9"})
    half = lina.post(MINE, f"{MINE}/questions", text="And this?", source="till")
    asked = lina.post(MINE, f"{MINE}/questions", text="And this?", **line)

    assert missing.status_code == half.status_code == 409
    assert "There is no line 9 of order 1101 of till" in missing.text
    assert asked.status_code == 303
    assert "line 1 of order 1101" in lina.get(MINE).text
    assert "line 1 of order 1101" in omar.get("/questions").text
