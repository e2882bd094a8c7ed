"""The mathematics of scores and forecasts: pure functions without clock, I/O or ORM."""
