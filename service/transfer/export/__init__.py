"""Exports: lines of one kind at a time over HTTP, and folders with the whole database."""
