"""The score cache in Redis and its invalidation."""
