"""The ledger, a tamper-evident history of all writes: seals, verification and lists of entries."""
