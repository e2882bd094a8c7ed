"""Export lines of one kind over HTTP, or the whole database into a folder."""
