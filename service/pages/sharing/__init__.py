"""The record on other sites: link previews, embedded cards, citations and feeds (docs/sharing.md)."""
