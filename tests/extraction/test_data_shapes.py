"""What PostgreSQL can put in the way of a copy: policies, triggers, columns and tables of every shape."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from tests.extraction.databases import Two, execute, two
from tests.processes import Yard

VEILED = """
    CREATE TABLE secret (id int PRIMARY KEY, who text);
    CREATE TABLE note (id int PRIMARY KEY, secret_id int REFERENCES secret, what text);
    ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
    ALTER TABLE secret FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON secret USING (who = current_setting('app.who', true));
"""
VEILED_ROWS = """
    INSERT INTO secret SELECT n, 'somebody' FROM generate_series(1, 10) AS n;
    INSERT INTO note SELECT n, n, 'note' FROM generate_series(1, 10) AS n;
"""
FORCED = "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'secret'"
GUARDED = """
    CREATE TABLE entry (id int PRIMARY KEY, what text);
    CREATE TABLE noted (what text);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'entries are kept'; END $$;
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO noted VALUES (NEW.what); RETURN NEW; END $$;
    CREATE TRIGGER kept BEFORE TRUNCATE ON entry EXECUTE FUNCTION refuse();
    CREATE TRIGGER noted AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION note();
    ALTER TABLE entry ENABLE ALWAYS TRIGGER kept;
    ALTER TABLE entry ENABLE ALWAYS TRIGGER noted;
    CREATE TRIGGER replicated AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION refuse();
    ALTER TABLE entry ENABLE REPLICA TRIGGER replicated;
    CREATE TRIGGER off AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION refuse();
    ALTER TABLE entry DISABLE TRIGGER off;
"""
SHAPES = r"""
    CREATE TYPE mood AS ENUM ('well', 'ill');
    CREATE DOMAIN moods AS mood[] CHECK (cardinality(VALUE) < 5);
    CREATE TYPE person AS (name text, mood mood, moods moods);
    CREATE TYPE span AS RANGE (subtype = numeric);
    CREATE TABLE everything (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person person, persons person[],
        span span, spans span_multirange, of_a_table regclass, tables regclass[]);
    CREATE TABLE made (now int GENERATED ALWAYS AS (1) STORED, twice int GENERATED ALWAYS AS (2) STORED);
    CREATE TABLE nothing ();
    CREATE TABLE ruled (id int PRIMARY KEY);
    CREATE RULE silent AS ON INSERT TO ruled DO INSTEAD NOTHING;
    CREATE TABLE left_side (id int PRIMARY KEY, other_id int);
    CREATE TABLE right_side (id int PRIMARY KEY, other_id int REFERENCES left_side);
    ALTER TABLE left_side ADD FOREIGN KEY (other_id) REFERENCES right_side;
    CREATE TABLE measured (at date NOT NULL, id int, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
    CREATE TABLE measured_2025 PARTITION OF measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE TABLE remark (at date, id int, FOREIGN KEY (at, id) REFERENCES measured);
    CREATE TABLE slot (id int PRIMARY KEY, place int UNIQUE DEFERRABLE INITIALLY DEFERRED);
    CREATE MATERIALIZED VIEW summed AS SELECT sum(id) FROM slot;
    CREATE MATERIALIZED VIEW never AS SELECT 1 WITH NO DATA;
"""
SHAPES_ROWS = r"""
    INSERT INTO everything (person, persons, span, spans, of_a_table, tables) VALUES
        (('Ada', 'well', '{ill,well}'), ARRAY[('Bo', NULL, NULL)::person, NULL], '[1.0,2.50)', '{[1,2),[3,)}',
         'slot', '{remark,nothing}'), (NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO made SELECT FROM generate_series(1, 7);
    INSERT INTO nothing SELECT FROM generate_series(1, 3);
    ALTER TABLE ruled DISABLE RULE silent; INSERT INTO ruled VALUES (1), (2); ALTER TABLE ruled ENABLE RULE silent;
    INSERT INTO left_side VALUES (1, NULL), (2, NULL);
    INSERT INTO right_side VALUES (1, 1), (2, 2);
    UPDATE left_side SET other_id = id;
    INSERT INTO measured VALUES ('2025-05-05', 1), ('2026-05-05', 2);
    INSERT INTO remark VALUES ('2025-05-05', 1), ('2026-05-05', 2);
    INSERT INTO slot VALUES (1, 1), (2, 2);
    REFRESH MATERIALIZED VIEW summed;
"""


@pytest.fixture
def veiled(the_yard: Yard) -> Iterator[Two]:
    """Two databases, each of an owner whom a policy shows no rows; the source has some."""
    with owned(the_yard.database_url, VEILED) as made:
        made.as_superuser(VEILED_ROWS)
        yield made


class Owned(Two):
    """Two databases that belong to a role which is no superuser, and is who copies."""

    role = ""
    by_superuser: tuple[str, str]

    def as_superuser(self, statement: str, side: int = 0) -> list[tuple[object, ...]]:
        return execute(self.by_superuser[side], statement)


@contextmanager
def owned(server: str, schema: str) -> Iterator[Owned]:
    role = f"owner_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
    try:
        with two(server, schema) as made:
            for url in (made.source, made.target):
                execute(url, sql.SQL(TO_OWNER).format(sql.Literal(role)))
            urls = [url.replace("//postgres@", f"//{role}:secret@") for url in (made.source, made.target)]
            found = Owned(urls[0], urls[1])
            found.role, found.by_superuser = role, (made.source, made.target)
            yield found
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


TO_OWNER = """
    DO $$ DECLARE name regclass; BEGIN
        EXECUTE format('GRANT ALL ON SCHEMA public TO %I', {0});
        FOR name IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
            EXECUTE format('ALTER TABLE %s OWNER TO %I', name, {0});
        END LOOP; END $$
"""


def test_rows_that_a_policy_hides_from_their_owner_arrive(veiled: Owned) -> None:
    assert execute(veiled.source, "SELECT count(*) FROM secret") == [(0,)]
    veiled.copied()
    assert "2 tables, 20 rows" in veiled.output
    query = "SELECT * FROM secret ORDER BY 1"
    assert veiled.as_superuser(query, 1) == veiled.as_superuser(query) != []
    assert veiled.as_superuser(FORCED) == veiled.as_superuser(FORCED, 1) == [(True, True)]
    veiled.same()
    veiled.copied("--replace")
    assert "2 of 2 tables are in the target already" in veiled.output


def test_rows_that_a_policy_hides_are_compared(veiled: Owned) -> None:
    veiled.copied()
    veiled.as_superuser("UPDATE secret SET who = 'else' WHERE id = 3", 1)
    assert veiled.run("verify") == 1
    assert "secret: 10 rows in the source, 10 in the target: id=3 is different" in veiled.output
    assert veiled.as_superuser(FORCED) == veiled.as_superuser(FORCED, 1) == [(True, True)]


def test_rows_that_a_policy_hides_in_the_target_are_rows(veiled: Owned) -> None:
    veiled.as_superuser("INSERT INTO secret VALUES (99, 'somebody else')", 1)
    assert veiled.run("copy") == 1
    assert "the target has rows already, in secret" in veiled.output


def test_who_may_not_lift_a_policy_is_refused_before_anything_begins(veiled: Owned) -> None:
    for side, name in ((0, "source"), (1, "target")):
        veiled.as_superuser("ALTER TABLE secret OWNER TO postgres", side)
        veiled.as_superuser(f"GRANT ALL ON secret TO {veiled.role}", side)
        for command in ("copy", "verify"):
            assert veiled.run(command) == 1
            assert f"row level security hides rows of secret in the {name}" in veiled.output
            assert "BYPASSRLS" in veiled.output
        veiled.as_superuser(f"ALTER TABLE secret OWNER TO {veiled.role}", side)
    assert veiled.as_superuser("SELECT count(*) FROM secret", 1) == [(0,)]
    assert veiled.as_superuser("SELECT to_regclass('extraction_copy')", 1) == [(None,)]


def test_policies_are_not_lifted_while_somebody_works(veiled: Owned) -> None:
    assert veiled.run("copy", "--while-running") == 1
    assert "log in as a role with BYPASSRLS, or copy without --while-running" in veiled.output
    veiled.as_superuser(f"ALTER ROLE {veiled.role} BYPASSRLS")
    veiled.copied("--while-running")
    assert "2 tables, 20 rows" in veiled.output


def test_triggers_do_not_fire_and_are_as_they_were(the_yard: Yard) -> None:
    modes = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    with two(the_yard.database_url, GUARDED) as made:
        execute(made.source, "INSERT INTO entry VALUES (1, 'one'), (2, 'two')")
        before = execute(made.target, modes)
        made.copied()
        made.same()
        execute(made.source, "UPDATE entry SET what = 'three' WHERE id = 2")
        made.copied("--replace")
        made.same()
        assert (
            execute(made.target, modes) == before == [("kept", "A"), ("noted", "A"), ("off", "D"), ("replicated", "R")]
        )
        with pytest.raises(psycopg.errors.RaiseException):
            execute(made.target, "TRUNCATE entry")


def test_tables_and_types_of_every_shape_arrive(the_yard: Yard) -> None:
    with two(the_yard.database_url, SHAPES) as made:
        execute(made.source, SHAPES_ROWS)
        made.copied()
        made.same()
        for query in (
            "SELECT id, person::text, persons::text, of_a_table::text, tables::text FROM everything ORDER BY 1",
            "SELECT count(*), sum(twice) FROM made",
            "SELECT count(*) FROM nothing",
            "SELECT * FROM ruled ORDER BY 1",
            "SELECT * FROM left_side JOIN right_side ON left_side.id = right_side.other_id ORDER BY 1",
            "SELECT *, tableoid::regclass::text FROM measured ORDER BY 1",
            "SELECT * FROM summed",
        ):
            assert execute(made.target, query) == execute(made.source, query) != []
        assert execute(made.target, "SELECT condeferrable FROM pg_constraint WHERE contype = 'f'") == [(False,)] * 5
        execute(made.source, "DELETE FROM remark; DELETE FROM measured WHERE id = 1")
        made.copied("--replace")
        made.same()


def test_an_inheriting_table_that_is_kept_is_not_emptied_with_its_parent(the_yard: Yard) -> None:
    schema = "CREATE TABLE animal (name text); CREATE TABLE cat (lives int) INHERITS (animal);"
    with two(the_yard.database_url, schema) as made:
        execute(made.source, "INSERT INTO animal VALUES ('Rex'); INSERT INTO cat VALUES ('Tom', 7)")
        made.copied()
        execute(made.source, "INSERT INTO animal VALUES ('Ada')")
        made.copied("--replace")
        assert "1 of 2 tables are in the target already" in made.output
        assert execute(made.target, "SELECT * FROM cat") == [("Tom", 7)]
        made.same()
