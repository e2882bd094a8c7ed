"""What Alembic runs: the migrations, on the connection that `migrate` holds."""

from alembic import context

from service import models

context.configure(connection=context.config.attributes["connection"], target_metadata=models.Outlet.metadata)
context.run_migrations()
