"""A sweep on this machine of which everything dies at random, held against the same in peace.

    PYTHONPATH=docker python -m tests.docker_tests.storm --help

`chaos` does this to a cluster; here the driver starts Ray itself. In full: 40 configurations of two
seeds each, with four busy loops beside them. Trials are killed while they start, train and end;
Ray's raylet and its GCS, the MLflow server, the database and the driver are killed; the driver's
process group is sent SIGTERM, SIGHUP and SIGINT; the disk is full for a while.

`surroundings` has the servers, the small disk and the busy loops, `sweeping` the sweep and its
processes, `blows` what is done to it; `storms` puts them together.
"""
