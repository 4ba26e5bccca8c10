"""Events in bins: by the definition, cut by a stated rule, and never those of another transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from snn.config import TrialConfig
from snn.contracts.case import tiny, tiny_events
from snn.data.base import require_fit
from snn.data.events import EventDataset, Events
from snn.data.events.binning import Transform, binned, bins_of, cut, pooled
from snn.data.events.samples import EventSamples, copied, gathered
from snn.data.shapes import Shape
from snn.data.splits import split
from snn.errors import ArrayError, ConfigError
from snn.networks.initialisation import XI
from snn.networks.spiking import SpikingNetwork

CAMERA = Shape(5, 7, 2)


def recorded(samples: int = 9, size: Shape = CAMERA, seed: int = 0) -> Events:
    random = np.random.default_rng(seed)
    sizes = random.integers(0, 90, samples)
    sizes[2] = 0
    ticks = [np.sort(random.integers(0, 1000, n)).astype(np.uint16) for n in sizes]
    units = random.integers(0, size.n_pixels, sizes.sum()).astype(np.uint16)
    return Events(np.concatenate(ticks), units, np.concatenate([[0], np.cumsum(sizes)]))


def by_definition(events: Events, tick_ms: float, size: Shape, how: Transform) -> np.ndarray:
    """Counts (S, T, N), event by event."""
    shape = pooled(size, how)
    counts = np.zeros((len(events), how.n_steps, *shape), dtype=int)
    for sample in range(len(events)):
        for at in range(events.offsets[sample], events.offsets[sample + 1]):
            step = int((events.ticks[at] + 0.5) * tick_ms / how.time_bin)
            y, x, polarity = np.unravel_index(events.units[at], size)
            if how.polarity in ("on", "off") and polarity != (how.polarity == "on"):
                continue
            kept = polarity if how.polarity == "both" else 0
            if step < how.n_steps:
                counts[sample, step, y // how.pool, x // how.pool, kept] += 1
    counts = counts.reshape(len(events), how.n_steps, -1)
    return counts if how.counts else np.minimum(counts, 1)


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("polarity", ["both", "merged", "on", "off"])
@pytest.mark.parametrize(("pool", "size"), [(1, CAMERA), (2, CAMERA), (3, Shape(1, 70, 1))])
def test_bins_are_those_of_the_definition(
    pool: int, size: Shape, polarity: str, counts: bool
) -> None:
    if size.channels == 1 and polarity in ("on", "off"):
        polarity = "merged"
    events, how = recorded(size=size), Transform(6, 12.5, pool, polarity, counts)
    bins = binned(events, 0.1, size, how)
    n_inputs = pooled(size, how).n_pixels
    samples = EventSamples.of(bins, 6, n_inputs, np.arange(len(events)))
    wanted = by_definition(events, 0.1, size, how)
    assert np.array_equal(samples.raster().numpy(), wanted)
    late = (events.ticks + 0.5) * 0.1 >= 75
    left_out = cut(events, 0.1, how)
    assert left_out.events == late.sum() > 0
    assert left_out.samples == sum(
        late[a:b].any() for a, b in zip(events.offsets, events.offsets[1:], strict=False)
    )


def placed(events: Events, how: Transform, tick_ms: float = 1.0) -> np.ndarray:
    """Counts (S, T) of all units together."""
    bins = binned(events, tick_ms, Shape(1, 1, 1), how)
    return np.diff(bins.offsets).reshape(len(events), how.n_steps)


def of_one_unit(*recordings: list[int]) -> Events:
    """Recordings with events at these ticks."""
    offsets = np.cumsum([0, *map(len, recordings)])
    ticks = np.concatenate([np.array(each, dtype=np.uint16) for each in recordings])
    return Events(ticks, np.zeros(len(ticks), np.uint16), offsets)


def test_a_recording_can_begin_at_its_onset_and_fill_all_steps() -> None:
    events = of_one_unit([100, 100, 140, 199], [], [7], [300, 320, 360, 379])
    onset = placed(events, Transform(4, 20.0, counts=True, align="onset"))
    assert onset.tolist() == [[2, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 2]]
    # Of 100 ticks, a step is 25 of them, and of 80 ticks 20.
    filled = placed(events, Transform(4, 20.0, counts=True, align="duration"))
    assert filled.tolist() == [[2, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 0], [1, 1, 0, 2]]


def test_silence_and_speed_have_no_effect_on_an_aligned_recording() -> None:
    random = np.random.default_rng(3)
    spoken = np.sort(random.integers(0, 5000, 400))
    events = of_one_unit(*(list(x) for x in (spoken, spoken + 777, spoken * 3 + 1)))
    first, late, _ = placed(events, Transform(50, 100.0, counts=True, align="onset"))
    assert np.array_equal(first, late)
    how = Transform(50, 7.0, counts=True, align="duration")
    first, late, slow = placed(events, how)
    assert np.array_equal(first, late) and np.abs(np.cumsum(first - slow)).max() <= 1
    assert (first > 0).all() and cut(events, 1.0, how) == (0, 0)


def test_a_click_does_not_say_when_a_recording_begins_and_ends() -> None:
    spoken = list(range(1000, 1198))
    events = of_one_unit([0, *spoken, 9000])
    (found,) = placed(events, Transform(2, 1.0, counts=True, align="duration"))
    assert abs(int(found[0]) - 100) <= 2 and found.sum() == 200  # the clicks are in it, too


def test_samples_are_taken_split_and_written_out_like_a_dense_tensor() -> None:
    dense = torch.randint(0, 3, (11, 4, 5), generator=torch.Generator().manual_seed(0))
    dense[3] = 0
    samples = EventSamples.from_dense(dense)
    assert torch.equal(samples.raster(), dense.float()) and len(samples) == 11
    chosen = torch.tensor([3, 0, 10, 0])
    assert torch.equal(samples.index_select(0, chosen).raster(), dense[chosen].float())
    begins, counts = samples.offsets[chosen * 4], samples.sizes[chosen].sum(dim=1)
    alike = (take(samples.units, begins, counts) for take in (copied, gathered))
    assert torch.equal(*alike)  # on a CPU, and on a GPU
    padded = samples.select_padded(chosen)  # as a recorded step takes them
    assert len(padded.units) == 4 * samples.sizes.sum(dim=1).max() > len(padded.packed)
    assert torch.equal(padded.packed, samples.index_select(0, chosen).units)
    assert torch.equal(padded.raster(), dense[chosen].float())
    assert torch.equal(padded.counts(), dense[chosen].sum(dim=1).float())
    parts = samples.split(4)
    assert [len(part) for part in parts] == [4, 4, 3]
    assert torch.equal(torch.cat([part.raster() for part in parts]), dense.float())
    assert torch.equal(samples.counts(), dense.sum(dim=1).float())


def test_two_transforms_of_one_source_never_share_their_bins() -> None:
    data, other = tiny_events("a"), tiny_events("b")
    one = bins_of(data, Transform(20, 10.0))
    assert bins_of(other, Transform(20, 10.0)) is one  # the same data under another name
    seen = [np.sort(np.concatenate([each.units, each.offsets])) for each in one]
    for how in (
        Transform(20, 5.0),
        Transform(40, 10.0),
        Transform(20, 10.0, pool=2),
        Transform(20, 10.0, counts=True),
        Transform(20, 10.0, align="onset"),
        Transform(20, 10.0, align="duration"),
    ):
        found = bins_of(data, how)
        assert any(
            not np.array_equal(np.sort(np.concatenate([each.units, each.offsets])), before)
            for each, before in zip(found, seen, strict=True)
        )


@pytest.mark.parametrize(
    ("units", "offsets", "told"),
    [
        ([0, 5], [0, 1, 2], "units: must be 0 to 4"),
        ([0, -1], [0, 1, 2], "units: must be 0 to 4"),
        ([0, 1], [0, 1, 3], "offsets: must rise from 0 to 2"),
        ([0, 1], [0, 2, 1], "offsets: must rise from 0 to 2"),
        ([0, 1], [0, 2], "offsets: must be one for each step"),
    ],
)
def test_samples_that_compiled_loops_would_read_wrongly_are_refused(
    units: list[int], offsets: list[int], told: str
) -> None:
    given = torch.tensor(units, dtype=torch.int16), torch.tensor(offsets)
    with pytest.raises(ArrayError, match=told):
        EventSamples(*given, n_steps=2, n_inputs=5)


def config(**keys: object) -> TrialConfig:
    return TrialConfig.parse({"encoding": "events", "n_steps": 20, **keys})


def test_the_notes_say_how_much_is_cut() -> None:
    data = tiny_events("a")
    assert data.seen_by(config(n_steps=40)).notes == ()
    (train, test) = data.seen_by(config(n_steps=20)).notes
    late = int((data.train_events.ticks * data.tick_ms >= 200).sum())
    assert train.startswith("a: 24 of 24 training samples last longer than n_steps × time_bin = 20")
    assert f"is cut: {late:,} events, " in train and "test samples" in test


def test_a_time_bin_is_the_step_of_the_neurons_and_dt_has_no_effect() -> None:
    given = config(time_bin=4.0, dt=1.0)
    assert given.dt == 4.0 and not given.uses("dt") and "dt" not in given.params()
    assert TrialConfig.parse(given.to_wire()) == given
    assert given.config_id == config(time_bin=4.0).config_id
    assert given.why_unused("dt").decider == "encoding"
    assert given.config_id == config(time_bin=4.0, event_align="none", event_stretch=0).config_id
    assert given.config_id != config(time_bin=4.0, event_align="onset").config_id
    for key in ("augment_shift", "encoder_tau"):
        assert not given.uses(key) and given.why_unused(key).decider == "encoding"
    latency = TrialConfig.parse({"encoding": "latency"})
    assert latency.uses("dt") and not latency.uses("time_bin") and not latency.uses("pool")


@pytest.mark.parametrize("rate", [0.002, 0.05])
def test_the_initial_weights_fit_the_rate_that_is_expected(rate: float) -> None:
    keys = {"event_rate": rate, "n_steps": 60, "counts": True, "dynamics": "lif", "hidden": 300}
    network = SpikingNetwork(config(**keys), 50, 2, Shape(1, 50))
    expected = torch.full((300, 60, 50), rate * 10.0)  # events of a unit in a step of 10 ms
    events = torch.poisson(expected, generator=torch.Generator().manual_seed(0))
    drive = network.encoder(EventSamples.from_dense(events.long()))
    (layer,) = network.kernel_layers()
    currents = drive.current(layer.weight.detach())
    potential = (currents * layer.neuron.response(60).flip(0)[:, None, None]).sum(dim=0)
    assert float(potential.std()) == pytest.approx(1 / XI, rel=0.1)  # of the threshold


def test_images_and_events_need_an_encoding_of_theirs() -> None:
    require_fit(tiny_events("a"), config())
    require_fit(tiny("a"), TrialConfig.parse({"encoding": "latency"}))
    require_fit(tiny_events("a"), TrialConfig.parse({"dynamics": "mlp"}))
    for data, keys, told in (
        (tiny_events("a"), {"encoding": "latency"}, "latency takes images, and the data set"),
        (tiny("a"), {"encoding": "events"}, "events takes events, and the data set"),
        (tiny("a"), {"val_groups": True}, "val_groups: the data set a has no groups"),
    ):
        with pytest.raises(ConfigError, match=told):
            require_fit(data, TrialConfig.parse(keys))


def grouped(groups: list[int]) -> EventDataset:
    n = len(groups)
    events = Events(np.zeros(n, np.uint16), np.zeros(n, np.uint16), np.arange(n + 1))
    labels = np.arange(n) % 2
    return EventDataset(
        name="a",
        size=Shape(1, 1, 1),
        n_classes=2,
        tick_ms=1.0,
        train_events=events,
        train_labels=labels,
        test_events=events,
        test_labels=labels,
        groups=np.array(groups),
        test_groups=np.array(groups),
        group_kind="speaker",
    )


@pytest.mark.parametrize(("fraction", "held"), [(0.05, 1), (0.4, 2), (0.9, 4)])
def test_validation_holds_out_whole_groups_by_seed(fraction: float, held: int) -> None:
    groups = np.repeat(np.arange(5), 6)
    data = grouped(groups.tolist())
    chosen = set()
    for seed in range(12):
        train, val, _ = split(data.seen_by(config()), fraction, seed, by_group=True)
        again = split(data.seen_by(config()), fraction, seed, by_group=True)[1]
        assert torch.equal(val.labels, again.labels)
        assert len(val.labels) == 6 * held and len(train.labels) == 30 - 6 * held
        chosen.add(tuple(_groups_of(data, fraction, seed)))
    assert len(chosen) > 1


def _groups_of(data: EventDataset, fraction: float, seed: int) -> list[int]:
    from snn.data.splits import _by_group

    assert data.train_groups is not None
    held, kept = _by_group(data.train_groups, fraction, seed)
    inside, outside = (set(data.train_groups[places].tolist()) for places in (held, kept))
    assert not inside & outside
    return sorted(inside)
