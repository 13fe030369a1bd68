"""Read what BI tools and notebooks read with every client that is installed; print client × object.

usage: clients.py DOCUMENT      the PG* variables name a server that test/clients/setup.sql filled, on TCP, too

A client passes an object when it gives as many rows as psql does, every value of a type that is not ours. Then the code
of DOCUMENT (docs/clients.md) runs, block by block. Exit status 1 when anything broke.
"""

import asyncio
import datetime
import decimal
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = pathlib.Path(__file__).parent
WINDOW = "(SELECT seq FROM sequences WHERE user_id = 3)"
# Name, SQL with ? for a string; what is beyond are the strings.
OBJECTS = [
    ("predict", f"SELECT * FROM usercls.predict(?, {WINDOW})", "churn"),
    ("score", f"SELECT usercls.score(?, {WINDOW}, ?) AS score", "churn", "high_risk"),
    ("classify_users", "SELECT * FROM usercls.classify_users('churn') WHERE label = ?", "stable"),
    ("classify_sequences", "SELECT * FROM usercls.classify_sequences('churn', 'sequences') WHERE label <> ?", "stable"),
    ("label", "SELECT user_id, usercls.label(trend) AS label FROM trends WHERE usercls.label(trend) = ?", "stable"),
    ("trend as jsonb", "SELECT user_id, trend::jsonb AS trend FROM trends"),
    ("score table", "SELECT * FROM churn_scores WHERE label = ?", "stable"),
    ("uplift", "SELECT * FROM usercls.uplift('incentive', 7)"),
    ("target_users", "SELECT * FROM usercls.target_users('incentive') WHERE segment = ?", "persuadable"),
    ("evaluate", "SELECT * FROM usercls.evaluate('churn', replicates => 5)"),
    ("confusion_matrix", "SELECT * FROM usercls.confusion_matrix('churn')"),
    ("calibration", "SELECT * FROM usercls.calibration('churn')"),
    ("drift", "SELECT * FROM usercls.drift('churn')"),
    ("explain", f"SELECT * FROM usercls.explain('churn', {WINDOW})"),
    ("qini_curve", "SELECT * FROM usercls.qini_curve('incentive')"),
    ("uplift_by_decile", "SELECT * FROM usercls.uplift_by_decile('incentive')"),
    ("hyperparameters", "SELECT * FROM usercls.hyperparameters('sequence')"),
    ("model_info", "SELECT * FROM usercls.model_info('churn')"),
    ("model_tensors", "SELECT * FROM usercls.model_tensors('churn')"),
    ("export_model", "SELECT usercls.export_model('churn') AS file"),
    ("progress", "SELECT * FROM usercls.progress()"),
    ("a training", "SELECT version, promoted, value, elapsed_seconds FROM usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', "
     "features => '{spend,logins}', hyperparams => '{\"max_epochs\": 1}', promote => 'never', dry_run => true)"),
]
CALLS = [
    ("CALL refresh_scores", "CALL usercls.refresh_scores('churn', 'churn_scores')"),
    ("CALL retrain", "CALL usercls.retrain('churn')"),
]
PLAIN = (str, int, float, bool, bytes, datetime.datetime, datetime.date, decimal.Decimal, list, dict, type(None))


def psql(sql):
    return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], check=True, capture_output=True, text=True).stdout


def address(scheme):
    return f"{scheme}://{os.environ['PGUSER']}@127.0.0.1:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"


def literal(sql, strings):
    """The statement with its strings in it, for clients that bind none."""
    for string in strings:
        sql = sql.replace("?", f"'{string}'", 1)
    return sql


def numbered(sql, form):
    parts = sql.split("?")
    return "".join(part + (form(i + 1) if i + 1 < len(parts) else "") for i, part in enumerate(parts))


def count(rows):
    rows = [tuple(row) for row in rows]
    for row in rows:
        for value in row:
            if not isinstance(value, PLAIN):
                raise TypeError(f"a value is {type(value)}")
    return len(rows)


# -- Clients: each gives a function (SQL, strings, whether it is a CALL) → rows, and needs the modules it names ----------

def psycopg_client(binary):
    import psycopg
    db = psycopg.connect(autocommit=True)

    def read(sql, strings, call):
        cursor = db.execute(sql.replace("?", "%s"), strings or None, binary=binary)
        return 0 if call else count(cursor.fetchall())
    return read


def sqlalchemy_client():
    import sqlalchemy
    engine = sqlalchemy.create_engine("postgresql+psycopg://", isolation_level="AUTOCOMMIT")

    def read(sql, strings, call):
        named = numbered(sql.replace(":", r"\:"), lambda i: f":p{i}")
        with engine.connect() as db:
            result = db.execute(sqlalchemy.text(named), {f"p{i}": s for i, s in enumerate(strings, 1)})
            return 0 if call else count(result)
    return read


def asyncpg_client():
    import asyncpg
    loop = asyncio.new_event_loop()
    db = loop.run_until_complete(asyncpg.connect(address("postgresql")))

    def read(sql, strings, call):
        rows = loop.run_until_complete(db.fetch(numbered(sql, lambda i: f"${i}"), *strings))
        return 0 if call else count(row.values() for row in rows)
    return read


def pandas_client():
    import pandas
    import sqlalchemy
    engine = sqlalchemy.create_engine("postgresql+psycopg://")

    def read(sql, strings, call):
        frame = pandas.read_sql(sql.replace("%", "%%").replace("?", "%s"), engine, params=tuple(strings))
        return len(frame)
    return read


def polars_client(engine):
    import polars

    def read(sql, strings, call):
        frame = polars.read_database_uri(literal(sql, strings), address("postgresql"), engine=engine)
        unknown = [name for name, dtype in frame.schema.items() if dtype in (polars.Object, polars.Binary) and name != "file" or "opaque" in str(dtype)]
        if unknown:
            raise TypeError(f"columns of a type that it does not know: {unknown}")
        return len(frame)
    return read


def odbc_client():
    import pyodbc
    db = pyodbc.connect("Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=%s;Database=%s;Uid=%s" %
                        tuple(os.environ[name] for name in ("PGPORT", "PGDATABASE", "PGUSER")), autocommit=True)

    def read(sql, strings, call):
        cursor = db.execute(sql, *strings)
        return 0 if call else count(cursor.fetchall())
    return read


def java(program, *arguments):
    """What the program prints, or None where there is no JDK or no driver."""
    jar = os.environ.get("JDBC", "/usr/share/java/postgresql.jar")
    if not (shutil.which("javac") and os.path.exists(jar)):
        return None
    done = subprocess.run(["java", "-cp", jar, str(program), *arguments], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def jdbc_address():
    return f"jdbc:postgresql://127.0.0.1:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}?user={os.environ['PGUSER']}"


def jdbc_read(things):
    """All at once: starting Java takes longer than reading. Gives rows or what broke, by SQL."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines("\t".join(thing) + "\n" for thing in things)
        file.flush()
        lines = java(HERE / "Jdbc.java", jdbc_address(), file.name)
    found = dict(line.split("\t", 1) for line in lines.splitlines())
    return {thing[1]: found[thing[0]] for thing in things}


def jdbc_client():
    if java("-version") is None:
        raise ImportError("a JDK and the JDBC driver")
    found = {}

    def read(sql, strings, call):
        if sql not in found:
            found.update(jdbc_read(CALLS if call else OBJECTS + views()))
        if not found[sql].isdigit():
            raise ValueError(found[sql])
        return int(found[sql])
    return read


# Name, how it is made, whether it runs a CALL, modules.
CLIENTS = [
    ("psycopg", lambda: psycopg_client(False), True, "psycopg"),
    ("psycopg, binary", lambda: psycopg_client(True), True, "psycopg"),
    ("SQLAlchemy", sqlalchemy_client, True, "sqlalchemy psycopg"),
    ("asyncpg", asyncpg_client, True, "asyncpg"),
    ("pandas", pandas_client, False, "pandas sqlalchemy psycopg"),
    ("Polars, connectorx", lambda: polars_client("connectorx"), False, "polars connectorx pyarrow"),
    ("Polars, ADBC", lambda: polars_client("adbc"), False, "polars adbc_driver_postgresql pyarrow"),
    ("ODBC", odbc_client, True, "pyodbc"),
    ("JDBC", jdbc_client, True, ""),
]


def views():
    """Every view that the extension has: a new one is read, too."""
    names = psql("SELECT relname FROM pg_class WHERE relnamespace = 'usercls'::regnamespace AND relkind = 'v' ORDER BY 1").split()
    return [(name, f"SELECT * FROM usercls.{name}") for name in names]


def missing(modules):
    for module in modules.split():
        try:
            importlib.import_module(module)
        except ImportError:
            return module
    return None


def connect(name, make, modules):
    """The client, or None where it is not installed."""
    lacks = missing(modules)
    try:
        return None if lacks else make()
    except Exception as error:  # a driver manager without a driver
        if isinstance(error, ImportError) or "file not found" in str(error):
            return None
        raise


def attempt(read, thing, call, expected):
    """Whether the client read the thing as psql does, and what broke if not."""
    try:
        rows = read(thing[1], list(thing[2:]), call)
        return (True, "") if call or rows == expected else (False, f"{rows} rows, psql has {expected}")
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # Rust panics are no Exception
        return False, " ".join(str(error).split())[:300] or repr(error)


def run_table():
    things = [(thing, False) for thing in OBJECTS + views()] + [(thing, True) for thing in CALLS]
    clients = [(name, connect(name, make, modules), calls) for name, make, calls, modules in CLIENTS]
    broken, cells = [], {}
    for thing, call in things:
        expected = 0 if call else int(psql(f"SELECT count(*) FROM ({literal(thing[1], thing[2:])}) s"))
        assert call or expected > 0 or thing[0] == "progress", f"{thing[0]} has no rows to read"
        for name, read, calls in clients:
            if read and (calls or not call):
                good, why = attempt(read, thing, call, expected)
                cells[name, thing[0]] = "ok" if good else "BROKEN"
                broken += [] if good else [f"{name}, {thing[0]}: {why}"]
    width = max(len(thing[0]) for thing, _ in things)
    print(" " * width, *[name for name, _, _ in clients], sep=" | ")
    for thing, _ in things:
        print(thing[0].ljust(width), *[cells.get((name, thing[0]), "").ljust(len(name)) for name, _, _ in clients], sep=" | ")
    for name, read, _ in clients:
        if read is None:
            print(f"{name}: not installed")
    return broken


# -- The document: each block of code runs ------------------------------------

def run_java(code):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "Document.java")
        path.write_text("import java.sql.*;\nclass Document {\n\tpublic static void main(String[] a) throws Exception {\n"
                        + code.replace("jdbc:postgresql://localhost/app", jdbc_address()) + "\n\t}\n}\n")
        java(path)


def run_python(code):
    modules = re.findall(r"^(?:import|from) (\w+)", code, re.M)
    if not any(missing(module) for module in modules):
        where = address("").removeprefix("://")
        exec(compile(code.replace("localhost/app", where), "docs", "exec"), {})


def run_document(path):
    broken = []
    runners = {"sql": psql, "python": run_python, "java": run_java}
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```", pathlib.Path(path).read_text(), re.M | re.S):
        if language not in runners:
            continue
        try:
            runners[language](code)
            print(f"ok      {path}: {code.strip().splitlines()[0][:80]}")
        except Exception as error:
            broken.append(f"{path}, {code.strip().splitlines()[0]}: {getattr(error, 'stderr', '') or traceback.format_exc()}")
    return broken


def main():
    broken = run_table() + run_document(sys.argv[1])
    for what in broken:
        print(f"BROKEN  {what}")
    sys.exit(bool(broken))


main()
