"""The error for an ended lease. No imports: gunicorn loads it before setting the metrics folder."""


class LeaseEnded(Exception):
    """The lease has ended: this process must ask Redis before it sends more responses from memory."""
