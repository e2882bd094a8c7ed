"""Run the service: serve, worker, readiness, embedded Redis and backups."""
