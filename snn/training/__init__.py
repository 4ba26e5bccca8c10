"""Training: trainer, schedules, regularisation, metrics, checkpoints."""
