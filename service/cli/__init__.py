"""The command `borneout`: each subcommand calls a use case and prints its result."""

from service.cli.main import main

__all__ = ["main"]
