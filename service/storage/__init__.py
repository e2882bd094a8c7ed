"""The database: connections, models, migrations, the journal of writes, and shared SQL."""
