# Sourced by ray-head and ray-worker: what both need. Sweeps run in these processes' environment.
required RAY_AUTH_TOKEN MLFLOW_TRACKING_URI MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD \
    SPIKESWEEP_OPTUNA SPIKESWEEP_STORAGE SPIKESWEEP_DATA

export RAY_AUTH_MODE=token
export RAY_USAGE_STATS_ENABLED=0
