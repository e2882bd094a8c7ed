"""The sealed history of every write: sealing, verification and the audit trail."""
