"""Which kind of chance makes runs of one configuration differ."""
