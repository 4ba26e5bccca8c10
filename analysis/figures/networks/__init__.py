"""What a single network does: its mistakes, its spikes, its answer."""
