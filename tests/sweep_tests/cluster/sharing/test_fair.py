"""How many trials each of several sweeps may run on one cluster."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from sweep.cluster.sharing.fair import Demand, fair_shares

CPU = {"CPU": 1.0}


def shares(there_is: Mapping[str, float], **demands: Demand) -> list[int]:
    return list(fair_shares(demands, there_is).values())


def test_equal_sweeps_have_equal_parts_and_what_one_leaves_the_others_take() -> None:
    many = Demand(100, CPU)
    assert shares({"CPU": 8}, a=many) == [8]
    assert shares({"CPU": 8}, a=many, b=many) == [4, 4]
    assert shares({"CPU": 8}, a=many, b=many, c=many) == [3, 3, 2]
    assert shares({"CPU": 8}, a=many, b=Demand(1, CPU)) == [7, 1]
    assert shares({"CPU": 8}, a=many, b=Demand(100, {"CPU": 4.0})) == [4, 1]


def test_a_sweep_on_cpus_does_not_hold_up_one_on_gpus() -> None:
    on_gpus = Demand(100, {"CPU": 1.0, "GPU": 1.0})
    assert shares({"CPU": 16, "GPU": 4}, a=on_gpus, b=Demand(100, CPU)) == [4, 12]


def test_everybody_has_one_where_there_is_too_little_for_all() -> None:
    assert shares({"CPU": 2}, a=Demand(9, CPU), b=Demand(9, CPU), c=Demand(9, CPU)) == [1, 1, 1]


demands = st.builds(
    Demand,
    st.integers(1, 40),
    st.fixed_dictionaries({"CPU": st.sampled_from([0.5, 1.0, 2.0, 4.0])}),
)


@given(st.dictionaries(st.sampled_from("abcdef"), demands, min_size=1), st.integers(24, 64))
def test_nothing_is_given_twice_nothing_lies_idle_and_nobody_is_behind_for_anothers_sake(
    asked: dict[str, Demand], cpus: int
) -> None:
    given_ = fair_shares(asked, {"CPU": float(cpus)})
    taken = {name: given_[name] * asked[name].each["CPU"] for name in asked}
    left = cpus - sum(taken.values())
    assert left >= 0
    for name, demand in asked.items():
        assert 1 <= given_[name] <= max(1, demand.trials)
        if given_[name] < demand.trials:
            each = demand.each["CPU"]
            assert left < each
            last = {n: taken[n] - asked[n].each["CPU"] for n in asked if given_[n] > 1}
            assert all(taken[name] + each > before for before in last.values())
