"""Record outlets, find them by name or address, merge them, and keep their sums."""
