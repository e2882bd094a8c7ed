"""Borneout: the track record of news outlets."""

__version__ = "1.0.0.dev0"
