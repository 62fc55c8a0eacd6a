"""Rules of a table that no check constraint can state: triggers, as operations for a module's migrations.

They guard against mistakes, in code or at a prompt. The owner of a table may still drop or truncate it.
"""

from django.db.migrations import RunSQL

_REFUSE = """
    CREATE OR REPLACE FUNCTION seam_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;
"""


def append_only(table: str) -> RunSQL:
    """Refuse to change or remove rows of `table`."""
    return _trigger(f"{table}_append_only", table, "UPDATE OR DELETE", "", "rows are added, never changed or removed")


def fixed(table: str, *columns: str) -> RunSQL:
    """Refuse to change what these columns of a row hold."""
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    names = ", ".join(columns)
    return _trigger(f"{table}_fixed", table, "UPDATE", f"WHEN ({changed})", f"{names} of a row never change")


def _trigger(name: str, table: str, when: str, condition: str, why: str) -> RunSQL:
    return RunSQL(
        f"{_REFUSE} CREATE TRIGGER {name} BEFORE {when} ON {table}"
        f" FOR EACH ROW {condition} EXECUTE FUNCTION seam_refuse('{why}')",
        reverse_sql=f"DROP TRIGGER {name} ON {table}",
    )
