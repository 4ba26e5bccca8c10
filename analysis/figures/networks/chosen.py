"""Which network a figure of spikes shows."""

from __future__ import annotations

from analysis.data.groups import best_run, spiking
from analysis.figures.parts.declaration import Options, Source


def spiking_run(source: Source, options: Options) -> str:
    """The id of the run of the leader that was asked for, or else of the best that spikes.

    A leader without spikes is given, too: to open its network says what it is.

    Raises:
        AnalysisError: No run of a spiking network is done, or there are fewer leaders.
    """
    if options.leader is not None:
        return str(best_run(source.runs, options.leader)["run_id"])
    return str(best_run(spiking(source.runs))["run_id"])
