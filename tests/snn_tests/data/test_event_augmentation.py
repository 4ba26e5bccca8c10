"""Augmentation of events: each does what it says, by seed, and nothing else."""

from __future__ import annotations

import pytest
import torch

from snn.data.events.augmentation import EventAugmentation
from snn.data.events.samples import EventSamples
from snn.data.shapes import Shape

ROW = Shape(1, 30)
LABELS = torch.arange(40) % 4


def samples(rate: float = 0.1, n_inputs: int = 30) -> EventSamples:
    spikes = torch.rand(40, 20, n_inputs, generator=torch.Generator().manual_seed(0)) < rate
    return EventSamples.from_dense(spikes.long())


def changed(how: EventAugmentation, given: EventSamples, shape: Shape = ROW) -> torch.Tensor:
    found = how(given, LABELS, shape, seed=1)
    assert torch.equal(found.raster(), how(given, LABELS, shape, seed=1).raster())
    assert not torch.equal(found.raster(), how(given, LABELS, shape, seed=2).raster())
    assert how.counts or found.raster().max() <= 1
    return found.raster()


def test_without_augmentation_nothing_changes() -> None:
    given = samples()
    assert EventAugmentation()(given, LABELS, ROW, seed=0) is given


def test_a_shift_moves_whole_samples_and_cuts_what_leaves() -> None:
    given = samples()
    found, before = changed(EventAugmentation(shift=3), given), given.raster()
    shifts = set()
    for one, other in zip(found, before, strict=True):
        fitting = [by for by in range(-3, 4) if torch.equal(one, _moved(other, by))]
        assert len(fitting) == 1
        shifts |= set(fitting)
    assert shifts == set(range(-3, 4))


def _moved(raster: torch.Tensor, by: int) -> torch.Tensor:
    moved = raster.roll(by, dims=0)
    if by > 0:
        moved[:by] = 0
    elif by < 0:
        moved[by:] = 0
    return moved


def test_a_stretch_makes_samples_longer_and_shorter_from_their_first_step_on() -> None:
    ramp = torch.zeros(40, 20, 30, dtype=torch.long)
    ramp[:, :10] = 1
    found = changed(EventAugmentation(stretch=0.4, counts=True), EventSamples.from_dense(ramp))
    assert (found.sum(dim=(1, 2)) == 300).all()  # no event is lost or made
    lasting = [int(one.sum(dim=1).nonzero().max()) + 1 for one in found]
    assert min(lasting) <= 7 and max(lasting) >= 13 and all(6 <= each <= 14 for each in lasting)
    for one, steps in zip(found.sum(dim=2), lasting, strict=True):
        assert (one[: steps - 1] > 0).all()  # no steps without events between


def test_a_shift_of_units_moves_whole_samples_among_the_inputs() -> None:
    given = samples()
    found, before = changed(EventAugmentation(unit_shift=2), given), given.raster()
    shifts = set()
    for one, other in zip(found, before, strict=True):
        fitting = [by for by in range(-2, 3) if torch.equal(one.T, _moved(other.T, by))]
        assert len(fitting) == 1
        shifts |= set(fitting)
    assert shifts == set(range(-2, 3))


def test_units_are_stretched_about_the_middle_of_their_row() -> None:
    ramp = torch.zeros(40, 20, 31, dtype=torch.long)
    ramp[:, :, [5, 15, 25]] = 1
    how, row = EventAugmentation(unit_stretch=0.4), Shape(1, 31)
    found = changed(how, EventSamples.from_dense(ramp), row)
    seen = set()
    for one in found:
        left, middle, right = one.sum(dim=0).nonzero().flatten().tolist()
        assert middle == 15 and abs((15 - left) - (right - 15)) <= 1 and 6 <= 15 - left <= 14
        seen.add(left)
    assert len(seen) > 5


def test_dropped_events_are_some_of_the_events() -> None:
    given = samples()
    found, before = changed(EventAugmentation(drop=0.3), given), given.raster()
    assert not (found > before).any()
    assert found.sum() / before.sum() == pytest.approx(0.7, abs=0.03)


def test_noise_comes_on_top_of_the_events() -> None:
    given = samples()
    found, before = changed(EventAugmentation(noise=0.5), given), given.raster()
    assert not (found < before).any()
    # What falls on an event is clipped.
    assert found.sum() / before.sum() == pytest.approx(1 + 0.5 * 0.9 * 0.98, abs=0.03)
    counted = changed(EventAugmentation(noise=0.5, counts=True), given)
    assert counted.sum() == round(1.5 * float(before.sum()))


def test_jitter_moves_events_among_the_inputs_and_keeps_their_times() -> None:
    one = torch.zeros(40, 20, 30, dtype=torch.long)
    one[:, 7, 15] = 1
    found = changed(EventAugmentation(jitter=2.0), EventSamples.from_dense(one))
    assert found[:, 7].sum() == found.sum() > 35
    places = found[:, 7].nonzero()[:, 1].double()
    assert places.mean() == pytest.approx(15, abs=1) and places.std() == pytest.approx(2, abs=0.7)


def test_jitter_of_a_camera_is_in_x_and_in_y_and_keeps_the_polarity() -> None:
    size = Shape(5, 7, 2)
    one = torch.zeros(40, 20, *size, dtype=torch.long)
    one[:, 3, 2, 3, 1] = 1
    given = EventSamples.from_dense(one.reshape(40, 20, -1))
    found = changed(EventAugmentation(jitter=1.0), given, size).view(40, 20, *size)
    assert found[..., 0].sum() == 0
    _, steps, rows, columns, _ = found.nonzero(as_tuple=True)
    assert set(steps.tolist()) == {3} and len(set(rows.tolist())) > 2
    assert len(set(columns.tolist())) > 2


def test_a_blended_sample_has_events_of_two_samples_of_one_class() -> None:
    marked = torch.zeros(40, 20, 30, dtype=torch.long)
    for sample in range(40):  # the input says the class, and so do the steps
        marked[sample, :, LABELS[sample]] = 1
        marked[sample, :, 10 + sample // 4] = 1
    found = changed(EventAugmentation(blend=1.0), EventSamples.from_dense(marked))
    others = 0
    for sample, raster in enumerate(found):
        inputs = set(raster.sum(dim=0).nonzero().flatten().tolist())
        assert {each for each in inputs if each < 4} == {int(LABELS[sample])}
        others += len({each for each in inputs if each >= 10}) == 2
    assert others > 30  # a few are their own partners
