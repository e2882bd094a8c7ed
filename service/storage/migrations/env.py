"""The script that Alembic runs to migrate, on the connection that `migrate` has opened."""

from alembic import context

from service.storage import models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=models.Outlet.metadata,
    version_table_schema=context.config.attributes.get("schema"),
)
context.run_migrations()
