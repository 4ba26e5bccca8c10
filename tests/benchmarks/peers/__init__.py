"""One file per library; `make` builds its network for a workload, in its fastest form on a CPU."""
