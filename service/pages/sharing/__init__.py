"""Content for other sites: link previews, embedded cards, citations and feeds (docs/sharing.md)."""
