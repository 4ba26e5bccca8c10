"""Ray, on this machine or on a cluster: connection, servers, nodes, jobs."""
