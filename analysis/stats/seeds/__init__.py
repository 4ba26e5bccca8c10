"""Which kind of chance makes runs of one configuration differ: weights, order, split, spikes."""
