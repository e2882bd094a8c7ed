"""The end of a lease. This module imports nothing: gunicorn loads it before it sets the folder of the metrics."""


class LeaseEnded(Exception):
    """The lease has ended: this process must ask Redis before it sends more responses from memory."""
