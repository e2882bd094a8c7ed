"""Borneout: the track record of news outlets."""

__version__ = "0.1.0"
