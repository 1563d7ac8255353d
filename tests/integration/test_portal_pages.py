"""What the pages say: figures of the fixture, and the words of every state that is not the usual one."""

from __future__ import annotations

import io
import json
import os
import re
from datetime import timedelta

import pytest
from pypdf import PdfReader
from support_ledger import MARCH, Desk, draft_statement
from support_portal import PASSWORD, Browser, House
from support_snapshot import FixtureBuild, write_warehouse

from incentives.ledger.engine import Ledger
from incentives.serving import snapshots


def approver(house: House) -> tuple[Browser, str]:
    """Return who can act on March, which is approved by now, and the digest of its version."""
    with Ledger.open(house.ws.ledger) as ledger:
        Desk(ledger, house.clock()).approve(period=MARCH)
    iris = house.signed_in("iris")
    return iris, str(iris.get("/api/v1/cycles/main/2026-03").json()["digest"])


def text_of(html: str) -> str:
    """Return what a reader sees, on one line."""
    body = re.sub(r"<(style|title)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("&#39;", "'").replace("\u00a0", " ")


def test_today_says_what_counted_and_how_the_month_stands(house: House) -> None:
    said = text_of(house.signed_in("lina").get("/today").text)

    assert "Good afternoon, Lina. 2 things counted for you today: €440.00" in said
    assert "March 2026 so far Credit €576.05 Sold €440.00 Advised €12.60 Your clients €123.45" in said
    assert "of it from sales at other places €136.05" in said
    assert "57.6 % of your target of €1,000.00" in said
    assert "Figures of 14:05" in said


def test_on_a_day_without_sales_the_last_one_with_some_is_shown(house: House) -> None:
    house.clock.pass_(hours=20)

    assert "Nothing counted today yet. Last, on 31 March: €440.00" in text_of(house.signed_in("lina").get("/today").text)


def test_a_new_associate_without_credit_reads_how_it_works(house: House) -> None:
    said = text_of(house.signed_in("anna").get("/today").text)

    assert "Nothing counted yet." in said
    assert "Sales show here after the figures of the day are published." in said


def test_the_numbers_of_a_why_page_add_up_to_the_sale(house: House) -> None:
    html = house.signed_in("lina").get("/credits/1").text
    table = re.search(r'<table class="figures-table" id="parts">.*?</table>', html, re.DOTALL)
    assert table is not None
    parts, together = table.group().split("<tfoot>")

    cents = [int(euros.replace(",", "")) * 100 + int(rest) for euros, rest in re.findall(r"€([\d,]+)\.(\d\d)", parts)]
    assert cents == [2_100, 5_000, 1_400, 1_500]
    assert sum(cents) == 10_000
    assert "€100.00" in together


def test_an_open_month_has_no_statement_and_no_promise(house: House) -> None:
    house.clock.pass_(days=1)

    said = text_of(house.signed_in("lina").get("/pay").text)

    assert "No statement yet for April 2026." in said
    assert "The month is open until 30 April." in said


def test_a_draft_says_that_it_may_change_and_a_final_statement_does_not(house: House) -> None:
    lina = house.signed_in("lina")

    draft, final = text_of(lina.get("/pay/2026-03/main/lina").text), text_of(lina.get("/pay/2026-02/main/lina").text)

    assert "Draft, may change." in draft
    assert "576.05 of 1,000.00" in draft
    assert "Draft" not in final


def test_a_statement_is_downloaded_as_a_pdf_from_its_page(house: House) -> None:
    lina = house.signed_in("lina")
    assert 'href="/pay/2026-02/main/lina/pdf"' in lina.get("/pay/2026-02/main/lina").text

    answer = lina.get("/pay/2026-02/main/lina/pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''statement-2026-02-main-lina.pdf"
    words = " ".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    assert "Statement 2026-02/main/lina, period 2026-02, pay group main. Final." in words


def test_nobody_sees_a_statement_of_theirs_before_the_review(house: House) -> None:
    with Ledger.open(house.ws.ledger) as ledger:
        Desk(ledger, house.clock()).calculate([draft_statement("lina", 777)], period=MARCH)

    lina = house.signed_in("lina")

    assert lina.get("/pay/2026-03/main/lina").status_code == 404
    assert "March 2026" not in text_of(lina.get("/pay").text).split("Statements")[1]
    assert [row["period"] for row in lina.get("/api/v1/statements").json()] == ["2026-02"]


def test_a_team_is_in_alphabetical_order_with_targets_and_without_pay(house: House) -> None:
    said = text_of(house.signed_in("anna").get("/team").text)

    assert "March 2026: your team of 4 has €593.45 credit." in said
    assert said.index("Béatrice Roux") < said.index("Cléo Lambert") < said.index("Lina Moreau")
    assert "Lina Moreau €576.05 58 % €136.05 few" in said
    assert "5.76" not in said


def test_a_name_that_is_markup_is_shown_as_text(house: House) -> None:
    html = house.signed_in("anna").get("/team").text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in html


def test_a_person_who_came_to_the_team_shows_the_days_since_and_none_before(house: House) -> None:
    bruno = house.signed_in("bruno")

    assert "€300.00" in text_of(bruno.get("/people/noor").text)
    before = text_of(bruno.get("/people/noor?month=2026-02").text)
    assert "Nothing counts for February 2026 on days in the team." in before
    assert "500.00" not in before


def test_finance_sees_the_state_the_totals_the_checklist_and_who_did_what(house: House) -> None:
    said = text_of(house.signed_in("omar").get("/cycles/main/2026-03").text)

    assert "March 2026 is in review: €15.16 for 3 people" in said
    assert "February 2026, EUR 2 €14.00 €14.00" in said
    assert "Shared client records 1 €640.00" in said
    assert re.search(r"Sent to review version 1 Anna Keller", said)


def test_an_act_on_another_version_than_the_one_looked_at_does_nothing_and_names_both(house: House) -> None:
    iris = house.signed_in("iris")

    answer = iris.post("/cycles/main/2026-03/acts/approve", "/cycles/main/2026-03/acts/approve", digest="0123456789abcdef")

    assert answer.status_code == 409
    assert "You looked at version 01234567, and version" in answer.text
    assert iris.get("/api/v1/cycles/main/2026-03").json()["state"] == "in_review"


def test_locking_needs_a_fresh_sign_in_and_tells_what_it_does(house: House) -> None:
    place = "/cycles/main/2026-03/acts/lock"
    iris, digest = approver(house)
    house.clock.pass_(minutes=6)

    assert iris.get(place).headers["location"] == f"/confirm?next={place}"
    assert iris.post("/tokens", place, digest=digest).headers["location"] == f"/confirm?next={place}"
    assert iris.get("/api/v1/cycles/main/2026-03").json()["state"] == "approved"
    iris.post("/confirm", "/confirm", password=PASSWORD, next=place)
    assert "This cannot be undone" in iris.get(place).text
    assert iris.post(place, place, digest=digest).headers["location"] == "/cycles/main/2026-03?done=lock"
    assert iris.get("/api/v1/cycles/main/2026-03").json()["state"] == "locked"


def test_sending_back_asks_for_a_reason_beside_the_field_and_keeps_it(house: House) -> None:
    place = "/cycles/main/2026-03/acts/send_back"
    iris, digest = approver(house)

    assert "Say why; the reason stays with the cycle." in iris.post(place, place, digest=digest, reason=" ").text
    assert iris.post(place, place, digest=digest, reason="Nice is missing").status_code == 303
    assert "Nice is missing" in iris.get("/cycles/main/2026-03").text


def test_an_act_that_is_not_possible_now_says_so(house: House) -> None:
    iris = house.signed_in("iris")

    assert "this is not possible now" in iris.get("/cycles/main/2026-03/acts/send_back").text
    assert iris.get("/cycles/main/2026-03/acts/delete").status_code == 404


def test_looking_at_the_list_of_people_is_logged_for_each_person_on_it(house: House) -> None:
    house.signed_in("omar").get("/cycles/main/2026-03/people")

    for person in ("lina", "sam", "noor"):
        assert "list of cycle 2026-03, main" in house.signed_in(person).get("/pay").text


def test_before_the_first_publish_a_page_says_so(house: House) -> None:
    (house.ws.snapshots / "current.json").unlink()

    finance, lina = house.signed_in("omar"), house.signed_in("lina")

    assert finance.get("/cycles").status_code == 200
    assert lina.get("/today").status_code == 404
    assert lina.get("/").headers["location"] == "/tokens"


def test_old_figures_say_of_when_they_are(house: House) -> None:
    house.clock.pass_(days=2)

    said = text_of(house.signed_in("lina").get("/today").text)

    assert "Figures of 31 March 14:05. Nothing newer has been published since; numbers may be missing." in said


def test_a_build_that_a_check_stopped_is_said_to_be_late_rather_than_wrong(house: House) -> None:
    house.ws.build_record.write_text(json.dumps({"build_id": "build-2"}))
    finished = (house.clock() + timedelta(hours=10)).timestamp()
    os.utime(house.ws.build_record, (finished, finished))
    house.clock.pass_(hours=11)

    said = text_of(house.signed_in("lina").get("/today").text)

    assert "Figures of yesterday 14:05. A check stopped newer ones: we would rather be late than wrong." in said


def test_a_page_shows_the_new_snapshot_once_it_is_published_and_a_running_portal_needs_no_restart(house: House) -> None:
    lina = house.signed_in("lina")
    assert "2 things counted" in text_of(lina.get("/today").text)
    write_warehouse(house.ws, ())

    snapshots.publish(house.ws, FixtureBuild("build-2"), house.clock() + timedelta(minutes=20))

    said = text_of(lina.get("/today").text)
    assert "Nothing counted yet." in said
    assert "Figures of 14:25" in said


def test_hidden_amounts_are_not_in_the_page_at_all(house: House) -> None:
    lina = house.signed_in("lina")
    lina.post("/today", "/amounts", next="/today")

    for path in ("/today", "/credits", "/credits/1", "/pay", "/pay/2026-03/main/lina"):
        assert not re.search(r"€\s?\d|\d\s?€", lina.get(path).text), path


def test_numbers_follow_the_language_of_the_browser(house: House) -> None:
    lina = house.signed_in("lina")

    html = lina.http.get("/today", headers={"accept-language": "fr-FR,fr;q=0.9"}).text

    assert "576,05\u00a0€" in html


@pytest.mark.parametrize(
    "path", ["/credits?month=2026-Q1", "/credits?month=nonsense", "/credits/abc", "/credits?start=x", "/team?month=2026-13"]
)
def test_an_address_that_makes_no_sense_is_no_page_and_no_crash(house: House, path: str) -> None:
    assert house.signed_in("anna").get(path).status_code in (404, 409)


def test_the_interface_describes_itself_and_what_it_describes_is_there(house: House) -> None:
    lina = house.signed_in("lina")

    described = lina.get("/api/v1/openapi.json").json()

    assert "/api/v1/credits" in described["paths"]
    assert all(path.startswith("/api/v1/") for path in described["paths"])
    assert lina.get("/api/v1/credits?month=2026-03").json()["credits"][0]["credit_minor"] == 4_000
