"""Report: what a bot team sees of `botkit nlp test --report report.html` in a narrow window."""

import pytest
from playwright.async_api import expect

from nlp.evaluation.classifier import Trained
from nlp.evaluation.report_html import to_html
from nlp.evaluation.result import run_test
from nlp.project import NONE_OF_THESE
from tests.e2e.conftest import Window
from tests.nlp.evaluation.outcomes import Fixed, examples

pytest.importorskip("jinja2")

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]
MEANT, TAKEN = "wrong_exchange_rate_for_cash_withdrawal", "card_payment_wrong_exchange_rate"


@pytest.mark.parametrize("options", [{"viewport": {"width": 700, "height": 900}, "forced_colors": "active"}])
async def test_long_names_leave_room_for_what_was_said(window: Window) -> None:
    said = "When I took money out abroad the rate was not the one that I had seen before"
    trained = Trained(Fixed({said: [(TAKEN, 0.9)]}), ("x", "y", "z"), (MEANT, TAKEN, NONE_OF_THESE))
    page = await window.context.new_page()
    rows = examples((said, MEANT), ("d", NONE_OF_THESE))
    await page.set_content(to_html(run_test(trained, rows, name="/builds/a_long_path_to_a_project" * 4)))
    row = page.locator(".misses tbody tr").first
    for cell in (row.locator("td").first, row.locator("td").last):
        assert await cell.evaluate("node => node.clientWidth") >= 170
    assert await page.evaluate("document.documentElement.scrollWidth") == 700
    await expect(page.locator(".track .bar").first).not_to_have_css("background-color", "rgb(255, 255, 255)")
