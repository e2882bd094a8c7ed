"""The database: engines, models, migrations, the journal of writes, and shared SQL."""
