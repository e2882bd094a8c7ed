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
from service.storage.migrations import SchemaState, WrongState, find_state, fingerprint, migrate
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
    """An empty database."""
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
    There is one newest revision, and the state of a database is compared with its number.
    """
    config = Config()
    config.set_main_option("script_location", FOLDER)
    script = ScriptDirectory.from_config(config)

    assert [path.name.partition("_")[0] for path in migrations._migrations()][-1:] == script.get_heads()  # noqa: SLF001


def test_schema_matches_the_models(bare):
    """
    The migration creates the columns, types, indexes and foreign keys of the models.
    """
    migrate(bare.engine)

    with bare.engine.connect() as connection:
        options = {"compare_type": True, "include_object": _is_modelled}
        context = MigrationContext.configure(connection, opts=options)
        assert [] == compare_metadata(context, Outlet.metadata)


def _is_modelled(_thing, name, *_):
    """Return whether a table or index belongs to a model. The full-text index and the fingerprint do not."""
    return not name.startswith(("claim_text", "claim_number", "ix_claim_terms", "schema_fingerprint"))


def test_checks_are_in_the_database(bare):
    """
    The migration creates the check constraints of the models, which Alembic does not compare.
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
    The foreign keys have the names of the naming convention.
    """
    migrate(bare.engine)
    inspector = sa.inspect(bare.engine)
    expected = {
        (table.name, key.name) for table in Outlet.metadata.tables.values() for key in table.foreign_key_constraints
    }

    assert expected == {(table, key["name"]) for table in tables(bare) for key in inspector.get_foreign_keys(table)}


def test_downgrade_drops_everything(bare):
    """
    The downgrade leaves only Alembic's own table without a row, and the schema can be created again.
    """
    migrate(bare.engine)
    before = tables(bare)

    downgrade(bare)

    assert {"alembic_version"} == tables(bare)
    assert SchemaState.EMPTY is find_state(bare.engine.url)
    migrate(bare.engine)
    assert before == tables(bare)
    assert SchemaState.CURRENT is find_state(bare.engine.url)


def test_migrating_again_changes_nothing(db):
    """
    Migrating a current database changes nothing.
    """
    before = tables(db)

    migrate(db.engine)

    assert before == tables(db)


def test_several_processes_at_once(bare):
    """
    Processes that migrate an empty database concurrently all succeed, and one creates the schema.
    """
    url = bare.engine.url.render_as_string(hide_password=False)
    starts = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for start in starts:
        start.stdin.write("\n")
        start.stdin.flush()
    errors = [start.communicate()[1] for start in starts]

    assert ["", "", ""] == errors
    assert [0, 0, 0] == [start.returncode for start in starts]
    with bare.engine.connect() as connection:
        assert [(fingerprint(),)] == connection.exec_driver_sql("SELECT digest FROM schema_fingerprint").all()


def test_failed_migration_leaves_nothing(bare):
    """
    The schema is created in one transaction: if a statement fails, the database stays empty.
    """
    if bare.engine.dialect.name == "sqlite":
        sa.event.listen(bare.engine, "connect", lambda file, _: file.execute("PRAGMA max_page_count = 20"))
    else:
        execute(bare, "CREATE TYPE withdrawal AS ENUM ('a')")  # has the name of a table

    with pytest.raises(sa.exc.DBAPIError, match=r"full|already exists"):
        migrate(bare.engine)

    assert set() == tables(bare)
    assert SchemaState.EMPTY is find_state(bare.engine.url)


def test_fingerprint_is_the_hash_of_the_files():
    """
    The fingerprint is the SHA-256 of the migration files, independent of any library.
    """
    [file] = (Path(FOLDER) / "versions").glob("[0-9]*.py")

    assert hashlib.sha256(file.read_bytes()).hexdigest() == fingerprint()


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        (["CREATE TABLE theirs (x INTEGER)"], SchemaState.FOREIGN),
        (["CREATE VIEW theirs AS SELECT 1 AS x"], SchemaState.FOREIGN),
        (
            ["CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('ae12')"],
            SchemaState.FOREIGN,
        ),
        (
            ["CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('0001')"],
            SchemaState.FOREIGN,
        ),
        (["CREATE TABLE alembic_version (version_num VARCHAR(32))"], SchemaState.EMPTY),
        (["CREATE TABLE schema_fingerprint (digest VARCHAR(64))"], SchemaState.FOREIGN),
    ],
)
def test_tables_of_others(bare, statements, state):
    """
    A database with tables or views of another program is rejected, whatever its version table contains.
    """
    execute(bare, *statements)
    before = tables(bare)

    assert state is find_state(bare.engine.url)
    if state is SchemaState.FOREIGN:
        with pytest.raises(WrongState):
            migrate(bare.engine)
        assert before == tables(bare)


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE alembic_version SET version_num = '0002'", SchemaState.NEWER),
        ("UPDATE schema_fingerprint SET digest = 'x'", SchemaState.CHANGED),
        ("DELETE FROM schema_fingerprint", SchemaState.CHANGED),
        ("DELETE FROM alembic_version", SchemaState.FOREIGN),
        ("DROP TABLE alembic_version", SchemaState.FOREIGN),
        ("DROP TABLE schema_fingerprint", SchemaState.FOREIGN),
        ("CREATE TABLE theirs (x INTEGER)", SchemaState.CURRENT),
    ],
)
def test_tables_of_ours(bare, statement, state):
    """
    The state distinguishes a database of a newer version from one of another development version.
    """
    migrate(bare.engine)
    execute(bare, statement)

    assert state is find_state(bare.engine.url)


def set_path(bare, path):
    """Set the search path of new connections to a PostgreSQL database."""
    execute(bare, f"ALTER DATABASE {bare.engine.url.database} SET search_path = {path}")
    bare.close()


@pytest.mark.parametrize("bare", ["postgresql"], indirect=True)
class TestSchemasOfPostgresql:
    """The schemas of a PostgreSQL database, of which the search path selects some."""

    def test_tables_in_another_schema_do_not_count(self, bare):
        """
        Tables in a schema outside the search path are ignored.
        """
        execute(bare, "CREATE SCHEMA theirs", "CREATE TABLE theirs.alembic_version (version_num TEXT)")

        migrate(bare.engine)

        assert SchemaState.CURRENT is find_state(bare.engine.url)

    def test_tables_later_in_the_path_do_not_count(self, bare):
        """
        Tables of another program in a later schema of the search path are ignored; ours are created in the first one.
        """
        execute(
            bare,
            "CREATE SCHEMA ours",
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('ae12')",
        )
        set_path(bare, "ours, public")
        assert SchemaState.EMPTY is find_state(bare.engine.url)

        migrate(bare.engine)

        assert SchemaState.CURRENT is find_state(bare.engine.url)
        with bare.read() as session:
            assert ["ae12"] == list(session.scalars(sa.text("SELECT version_num FROM public.alembic_version")))
            assert 0 == session.scalar(sa.text("SELECT count(*) FROM ours.claim"))

    def test_our_tables_later_in_the_path_count(self, bare):
        """
        Our tables stay in use when an empty schema is put before theirs in the search path.
        """
        migrate(bare.engine)
        execute(bare, "CREATE SCHEMA later")
        set_path(bare, "later, public")

        migrate(bare.engine)

        assert SchemaState.CURRENT is find_state(bare.engine.url)
        with bare.read() as session:
            assert 0 == session.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'later'"))

    def test_schema_name_with_quotes(self, bare):
        """
        A schema whose name needs quotes works.
        """
        execute(bare, 'CREATE SCHEMA "Strange ""name"')
        set_path(bare, '"Strange ""name"')

        migrate(bare.engine)

        assert SchemaState.CURRENT is find_state(bare.engine.url)

    def test_no_schema(self, bare):
        """
        A search path without an existing schema is detected before a table is created.
        """
        set_path(bare, "nowhere")

        assert SchemaState.NOWHERE is find_state(bare.engine.url)
        with pytest.raises(WrongState):
            migrate(bare.engine)

    def test_extensions_do_not_count(self, bare):
        """
        A database with only the views and tables of an extension is empty.
        """
        execute(bare, "CREATE EXTENSION pg_stat_statements")
        assert sa.inspect(bare.engine).get_view_names()

        assert SchemaState.EMPTY is find_state(bare.engine.url)

    def test_role_that_may_not_create_tables(self, bare):
        """
        A role without the right to create tables has a state of its own instead of an SQL error.
        """
        execute(
            bare, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "REVOKE CREATE ON SCHEMA public FROM public"
        )
        db = Database(bare.engine.url.set(username="reader").render_as_string(hide_password=False))

        with pytest.raises(WrongState) as refused:
            migrate(db.engine)

        assert SchemaState.READ_ONLY is refused.value.state
        db.close()
        execute(bare, "DROP ROLE reader")


class TestFilesOfSqlite:
    """The files of SQLite databases."""

    @pytest.mark.parametrize("content", [b"", None])
    def test_missing_or_empty_file(self, tmp_path, content):
        """
        An empty or missing file is an empty database; finding its state creates nothing.
        """
        file = tmp_path / "b.db"
        if content is not None:
            file.write_bytes(content)

        assert SchemaState.EMPTY is find_state(sa.make_url(f"sqlite:///{file}"))
        assert [b""] * (content is not None) == [path.read_bytes() for path in tmp_path.iterdir()]

    @pytest.mark.parametrize("content", [b"words", b"name,verdict\n" * 1000, b"SQLite format 3\0" + bytes(5000)])
    def test_other_files(self, tmp_path, content):
        """
        A file that is not a database is rejected and left unchanged.
        """
        file = tmp_path / "b.db"
        file.write_bytes(content)
        db = Database(f"sqlite:///{file}")

        with pytest.raises(WrongState) as refused:
            migrate(db.engine)

        assert SchemaState.UNREADABLE is refused.value.state
        assert [content] == [path.read_bytes() for path in tmp_path.iterdir()]
        db.close()

    def test_database_of_another_program_is_not_touched(self, tmp_path):
        """
        The database of another program is left unchanged, including its journal mode.
        """
        db = Database(f"sqlite:///{tmp_path}/theirs.db")
        with sa.create_engine(db.engine.url).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE theirs (x INTEGER)")
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

        with pytest.raises(WrongState):
            migrate(db.engine)

        assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        db.close()

    def test_folder_with_special_characters(self, tmp_path):
        """
        A folder whose name has special characters of URLs works.
        """
        folder = tmp_path / "a b#c&é"
        folder.mkdir()
        db = Database(f"sqlite:///{folder}/b.db")
        migrate(db.engine)

        assert SchemaState.CURRENT is find_state(db.engine.url)
        assert (folder / "b.db").exists()
        db.close()
