"""docs/cost.md shows the budgets that the tests hold."""

from pathlib import Path

import pytest

from tests.integration.test_budgets import BUDGETS

_PAGE = (Path(__file__).parents[2] / "docs" / "cost.md").read_text()


@pytest.mark.parametrize("name", BUDGETS)
def test_the_page_has_the_row_of_each_budget(name: str) -> None:
    """A budget that is changed without its row would leave the page untrue."""
    budget = BUDGETS[name]
    calls = ", ".join(f"{count} {call.partition('.')[2]}" for call, count in sorted(budget.calls.items()))
    numbers = f"{sum(budget.calls.values())} | {budget.read_units:g} | {budget.write_units}"
    assert f"\n| {name} | {numbers} | {calls} |\n" in _PAGE
