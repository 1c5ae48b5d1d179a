"""What both lines of migrations share: run on the connection that `storage.migrate` hands over."""

from alembic import context


def run() -> None:
    """Run the pending migrations inside the caller's transaction."""
    context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
    context.run_migrations()
