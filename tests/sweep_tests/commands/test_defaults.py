"""What is told of the params that are the same in all rows of a table."""

from __future__ import annotations

from analysis.data.committed import committed
from analysis.data.runs import load_runs
from analysis.report.tables import summarise
from analysis.text.typeset import settings
from sweep.commands.parts.defaults import changed_first


def test_what_was_set_stands_before_what_is_so_by_default() -> None:
    summary = summarise(load_runs([committed("published-fashion")]))
    summary.attrs["constant"] |= {"a_key_of_nobody": "3"}
    same, told = summary.attrs["constant"], changed_first(summary)
    first, then = told.attrs["constant"], told.attrs["by_default"]
    assert first | then == same and not first.keys() & then.keys()
    assert first.keys() == {"dataset", "a_key_of_nobody"}
    assert "lr" in then and "batch_size" in then
    shown = settings(told, whole=True)
    assert shown[0].startswith("The same for all: ") and "dataset=fashion_mnist" in shown[0]
    assert all(f"{name}=" in " ".join(shown) for name in same)
    assert "others" in settings(told)[1] and "others" not in " ".join(shown)


def test_the_defaults_are_those_of_the_preset() -> None:
    summary = summarise(load_runs([committed("published-fashion")]))
    summary.attrs["constant"] = {
        "preset": "published",
        "beta": "1.6",
        "beta_form": "softplus",
        "tau_syn": "none",
    }
    told = changed_first(summary).attrs
    assert told["constant"] == {"preset": "published", "beta_form": "softplus"}
    assert told["by_default"] == {"beta": "1.6", "tau_syn": "none"}
