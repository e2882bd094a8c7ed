"""service.storage.migrations on both databases"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.storage import migrations
from service.storage.db import Database
from service.storage.migrations import State, WrongState, find_state, fingerprint, migrate
from service.storage.models import Outlet
from tests.support.bare_databases import bare_database

FOLDER = migrations.__path__[0]
MIGRATE = """
import sys
from service.storage.db import Database
from service.storage.migrations import migrate

db = Database(sys.argv[1])
sys.stdin.readline()
migrate(db.engine)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request, tmp_path):
    """A database with nothing in it."""
    with bare_database(request, request.param, tmp_path) as url:
        db = Database(url)
        yield db
        db.close()


def tables(db):
    return set(sa.inspect(db.engine).get_table_names())


def execute(db, *statements):
    with db.engine.execution_options(write=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def downgrade(db):
    with db.engine.execution_options(write=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", FOLDER)
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def test_one_head():
    """
    There is one newest revision, and its number is the one that the state of a database is compared with.
    """
    config = Config()
    config.set_main_option("script_location", FOLDER)
    script = ScriptDirectory.from_config(config)

    assert [path.name.partition("_")[0] for path in migrations._migrations()][-1:] == script.get_heads()  # noqa: SLF001


def test_migrations_create_what_the_models_say(bare):
    """
    The migration creates the tables of the models: the same columns, types, indexes and foreign keys.
    """
    migrate(bare.engine)

    with bare.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_modelled}
        context = MigrationContext.configure(connection, opts=options)
        assert [] == compare_metadata(context, Outlet.metadata)


def _is_modelled(_thing, name, *_):
    """Whether the models have a table or index: full text and the fingerprint belong to the migration alone."""
    return not name.startswith(("claim_text", "claim_number", "ix_claim_text_search", "schema_fingerprint"))


def test_checks_are_in_the_database(bare):
    """
    The checks of the models, which Alembic does not compare, are in the database.
    """
    migrate(bare.engine)
    inspector = sa.inspect(bare.engine)
    expected = {
        (table.name, check.name)
        for table in Outlet.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    found = {(table, check["name"]) for table in tables(bare) for check in inspector.get_check_constraints(table)}

    assert expected == found


def test_foreign_keys_have_the_names_of_the_models(bare):
    """
    Every foreign key has the name that the naming convention gives it.
    """
    migrate(bare.engine)
    inspector = sa.inspect(bare.engine)
    expected = {
        (table.name, key.name) for table in Outlet.metadata.tables.values() for key in table.foreign_key_constraints
    }

    assert expected == {(table, key["name"]) for table in tables(bare) for key in inspector.get_foreign_keys(table)}


def test_downgrade_drops_everything(bare):
    """
    The downgrade leaves nothing but Alembic's own table without a row, and the schema can be created again.
    """
    migrate(bare.engine)
    there = tables(bare)

    downgrade(bare)

    assert {"alembic_version"} == tables(bare)
    assert State.EMPTY is find_state(bare.engine.url)
    migrate(bare.engine)
    assert there == tables(bare)
    assert State.CURRENT is find_state(bare.engine.url)


def test_again_changes_nothing(db):
    """
    A database that has the schema stays as it is.
    """
    there = tables(db)

    migrate(db.engine)

    assert there == tables(db)


def test_several_processes_at_once(bare):
    """
    Several processes that start at once on an empty database all succeed, and one of them creates the schema.
    """
    url = bare.engine.url.render_as_string(hide_password=False)
    starts = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for start in starts:
        start.stdin.write("\n")
        start.stdin.flush()
    said = [start.communicate()[1] for start in starts]

    assert ["", "", ""] == said
    assert [0, 0, 0] == [start.returncode for start in starts]
    with bare.engine.connect() as connection:
        assert [(fingerprint(),)] == connection.exec_driver_sql("SELECT digest FROM schema_fingerprint").all()


def test_migration_that_fails_leaves_nothing(bare):
    """
    The schema is created in one transaction: when a statement fails, the database stays empty.
    """
    if bare.engine.dialect.name == "sqlite":
        sa.event.listen(bare.engine, "connect", lambda file, _: file.execute("PRAGMA max_page_count = 20"))
    else:
        execute(bare, "CREATE TYPE withdrawal AS ENUM ('a')")  # which has the name of a table, and is none

    with pytest.raises(sa.exc.DBAPIError, match=r"full|already exists"):
        migrate(bare.engine)

    assert set() == tables(bare)
    assert State.EMPTY is find_state(bare.engine.url)


def test_fingerprint_is_that_of_the_files():
    """
    The fingerprint is the SHA-256 of the migrations' text and of nothing else, so that no library changes it.
    """
    [file] = (Path(FOLDER) / "versions").glob("[0-9]*.py")

    assert hashlib.sha256(file.read_bytes()).hexdigest() == fingerprint()


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        (["CREATE TABLE theirs (x INTEGER)"], State.FOREIGN),
        (["CREATE VIEW theirs AS SELECT 1 AS x"], State.FOREIGN),
        (
            ["CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('ae12')"],
            State.FOREIGN,
        ),
        (
            ["CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('0001')"],
            State.FOREIGN,
        ),
        (["CREATE TABLE alembic_version (version_num VARCHAR(32))"], State.EMPTY),
        (["CREATE TABLE schema_fingerprint (digest VARCHAR(64))"], State.FOREIGN),
    ],
)
def test_tables_of_others(bare, statements, state):
    """
    A database with tables or views that Borneout did not create is refused, whatever its version table says.
    """
    execute(bare, *statements)
    there = tables(bare)

    assert state is find_state(bare.engine.url)
    if state is State.FOREIGN:
        with pytest.raises(WrongState):
            migrate(bare.engine)
        assert there == tables(bare)


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE alembic_version SET version_num = '0002'", State.NEWER),
        ("UPDATE schema_fingerprint SET digest = 'x'", State.CHANGED),
        ("DELETE FROM schema_fingerprint", State.CHANGED),
        ("DELETE FROM alembic_version", State.FOREIGN),
        ("DROP TABLE alembic_version", State.FOREIGN),
        ("DROP TABLE schema_fingerprint", State.FOREIGN),
        ("CREATE TABLE theirs (x INTEGER)", State.CURRENT),
    ],
)
def test_tables_of_ours(bare, statement, state):
    """
    A database of ours is told from one of a newer version and from one that another development version created.
    """
    migrate(bare.engine)
    execute(bare, statement)

    assert state is find_state(bare.engine.url)


def set_path(bare, path):
    """Have every connection to a PostgreSQL database begin with a search path."""
    execute(bare, f"ALTER DATABASE {bare.engine.url.database} SET search_path = {path}")
    bare.close()


@pytest.mark.parametrize("bare", ["postgresql"], indirect=True)
class TestSchemasOfPostgresql:
    """On PostgreSQL a database has several schemas, and the search path says which count."""

    def test_tables_in_another_schema_do_not_count(self, bare):
        """
        Tables of others in a schema that the search path does not name do not make the database theirs.
        """
        execute(bare, "CREATE SCHEMA theirs", "CREATE TABLE theirs.alembic_version (version_num TEXT)")

        migrate(bare.engine)

        assert State.CURRENT is find_state(bare.engine.url)

    def test_tables_later_in_the_path_do_not_count(self, bare):
        """
        Where another program has its tables in a schema that stands later in the search path, ours are created in the
        first one, and theirs stay as they were.
        """
        execute(
            bare,
            "CREATE SCHEMA ours",
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('ae12')",
        )
        set_path(bare, "ours, public")
        assert State.EMPTY is find_state(bare.engine.url)

        migrate(bare.engine)

        assert State.CURRENT is find_state(bare.engine.url)
        with bare.read() as session:
            assert ["ae12"] == list(session.scalars(sa.text("SELECT version_num FROM public.alembic_version")))
            assert 0 == session.scalar(sa.text("SELECT count(*) FROM ours.claim"))

    def test_our_tables_later_in_the_path_count(self, bare):
        """
        Tables of ours stay in use when an empty schema, such as that of the role, comes to stand before theirs.
        """
        migrate(bare.engine)
        execute(bare, "CREATE SCHEMA later")
        set_path(bare, "later, public")

        migrate(bare.engine)

        assert State.CURRENT is find_state(bare.engine.url)
        with bare.read() as session:
            assert 0 == session.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'later'"))

    def test_schema_with_a_strange_name(self, bare):
        """
        A schema whose name needs quotes is used like any other.
        """
        execute(bare, 'CREATE SCHEMA "Strange ""name"')
        set_path(bare, '"Strange ""name"')

        migrate(bare.engine)

        assert State.CURRENT is find_state(bare.engine.url)

    def test_no_schema(self, bare):
        """
        A search path that leads nowhere is found before a table is created.
        """
        set_path(bare, "nowhere")

        assert State.NOWHERE is find_state(bare.engine.url)
        with pytest.raises(WrongState):
            migrate(bare.engine)

    def test_extensions_do_not_count(self, bare):
        """
        The views and tables of an extension leave the database empty.
        """
        execute(bare, "CREATE EXTENSION pg_stat_statements")
        assert sa.inspect(bare.engine).get_view_names()

        assert State.EMPTY is find_state(bare.engine.url)

    def test_role_that_may_not_create_tables(self, bare):
        """
        A role without the right to create tables gets a state of its own, and no error of SQL.
        """
        execute(
            bare, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "REVOKE CREATE ON SCHEMA public FROM public"
        )
        db = Database(bare.engine.url.set(username="reader").render_as_string(hide_password=False))

        with pytest.raises(WrongState) as refused:
            migrate(db.engine)

        assert State.READ_ONLY is refused.value.state
        db.close()
        execute(bare, "DROP ROLE reader")


class TestFilesOfSqlite:
    """A SQLite database is a file, which may be something else."""

    @pytest.mark.parametrize("content", [b"", None])
    def test_nothing_is_empty(self, tmp_path, content):
        """
        A file without a byte is an empty database, and so is one that does not exist; looking creates nothing.
        """
        file = tmp_path / "b.db"
        if content is not None:
            file.write_bytes(content)

        assert State.EMPTY is find_state(sa.make_url(f"sqlite:///{file}"))
        assert [b""] * (content is not None) == [path.read_bytes() for path in tmp_path.iterdir()]

    @pytest.mark.parametrize("content", [b"words", b"name,verdict\n" * 1000, b"SQLite format 3\0" + bytes(5000)])
    def test_other_files(self, tmp_path, content):
        """
        A file that is no database is refused, and stays as it is.
        """
        file = tmp_path / "b.db"
        file.write_bytes(content)
        db = Database(f"sqlite:///{file}")

        with pytest.raises(WrongState) as refused:
            migrate(db.engine)

        assert State.UNREADABLE is refused.value.state
        assert [content] == [path.read_bytes() for path in tmp_path.iterdir()]
        db.close()

    def test_database_of_another_program_is_not_touched(self, tmp_path):
        """
        The database of another program stays as it is, byte by byte, its journal mode included.
        """
        db = Database(f"sqlite:///{tmp_path}/theirs.db")
        with sa.create_engine(db.engine.url).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE theirs (x INTEGER)")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

        with pytest.raises(WrongState):
            migrate(db.engine)

        assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        db.close()

    def test_name_with_signs(self, tmp_path):
        """
        A folder whose name has signs that mean something in a URL is no obstacle.
        """
        folder = tmp_path / "a b#c&é"
        folder.mkdir()
        db = Database(f"sqlite:///{folder}/b.db")
        migrate(db.engine)

        assert State.CURRENT is find_state(db.engine.url)
        assert (folder / "b.db").exists()
        db.close()
