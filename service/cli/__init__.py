"""The command `borneout`: each command calls a use case and shows what came of it."""

from service.cli.main import main

__all__ = ["main"]
