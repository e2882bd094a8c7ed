"""The record outside our pages: pictures of link previews, embedded cards, citations, and feeds (docs/sharing.md)."""
