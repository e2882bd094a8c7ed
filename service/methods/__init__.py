"""The mathematics of scores and forecasts: pure functions that use no clock, I/O or ORM."""
