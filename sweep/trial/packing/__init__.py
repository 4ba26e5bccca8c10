"""Several trials in one process: the process that trains, and the trainables that ask it to.

Each trial is a trial of its own to Ray Tune, and has an actor that imports no torch. The actors of
one card (or of one machine without) share an engine, a process that trains each of their trials in
a thread. The first actor starts it; it ends after the last one has left. If it dies, its trials
fail as they do when their workers die: they go on from their checkpoints in another engine.
"""
