"""API keys, sessions, rate limits and idempotency keys."""
