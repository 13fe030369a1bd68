"""The measurements of bench/accuracy/f1.

The rows of the benchmark (relbench/tasks/f1.py) are rebuilt from the raw tables: cutoffs 30 days apart, 40 from 2005-01-01 on
(validation) and 40 from 2010-01-01 on (test), those before 2005 to learn from; a row is a driver who races, or qualifies, in the
30 days after a cutoff. Qualifying is dated a day before the race, as there.
"""

import csv
import pathlib
import sys
import warnings

import lightgbm
import numpy as np
import psycopg
from sklearn.metrics import roc_auc_score

warnings.filterwarnings("ignore")

LOAD = {
    "races": "race_id int, year int, round int, circuit_id int, name text, date date, time time",
    "results": "result_id int, race_id int, driver_id int, constructor_id int, number text, grid int, position int,"
    " position_text text, position_order int, points float8, laps int, time text, milliseconds bigint, fastest_lap int, rank int,"
    " fastest_lap_time text, fastest_lap_speed text, status_id int",
    "qualifying": "qualify_id int, race_id int, driver_id int, constructor_id int, number text, position int",
    "driver_standings": "id int, race_id int, driver_id int, points float8, position int",
    "constructor_standings": "id int, race_id int, constructor_id int, points float8, position int",
    "constructor_results": "id int, race_id int, constructor_id int, points float8",
}

# One row for each race that a driver ran, with the standings after it, and one for each qualifying.
EVENTS = """CREATE TABLE events AS
WITH race AS (SELECT race_id, (date + coalesce(time, '00:00')) AT TIME ZONE 'UTC' AS ts FROM races)
SELECT r.driver_id, ts, grid, position_order, r.points, status_id, d.position AS season_position, c.position AS car_position,
       k.points AS car_points, NULL::int AS qualified
FROM results r JOIN race USING (race_id)
LEFT JOIN driver_standings d USING (race_id, driver_id)
LEFT JOIN constructor_standings c ON (c.race_id, c.constructor_id) = (r.race_id, r.constructor_id)
LEFT JOIN constructor_results k ON (k.race_id, k.constructor_id) = (r.race_id, r.constructor_id)
UNION ALL
SELECT driver_id, ts - interval '1 day', NULL, NULL, NULL, NULL, NULL, NULL, NULL, position FROM qualifying JOIN race USING (race_id)"""

TRUTH = """CREATE TABLE truth AS
SELECT split, cutoff, driver_id, bool_or(status_id <> 1) AS dnf, min(qualified) <= 3 AS top3
FROM (SELECT split, begin + i * interval '30 days' AS cutoff FROM generate_series(-700, 39) i,
      (VALUES ('learn', timestamptz '2005-01-01', -700, -1), ('validation', '2005-01-01', 0, 39), ('test', '2010-01-01', 0, 39)) s(split, begin, first, last)
      WHERE i BETWEEN first AND last AND begin + i * interval '30 days' >= (SELECT min(ts) FROM events)) c
JOIN events ON ts > cutoff AND ts <= cutoff + interval '30 days' GROUP BY 1, 2, 3"""

STATE = ["avg(coalesce(qualified, grid))", "min(coalesce(qualified, grid))", "avg(position_order)", "sum(points)",
         "avg((status_id <> 1)::int)", "count(position_order)", "max(season_position)", "max(car_position)", "avg(car_points)"]

# Chosen by the validation rows; first: cutoffs before 2005 that are learned from.
TASKS = {
    "driver-top3": dict(truth="top3", outcome="min(qualified) <= 3", window=19, first=150,
                        features=STATE + ["avg((coalesce(qualified, grid) <= 3)::int)"]),
    "driver-dnf": dict(truth="dnf", outcome="bool_or(status_id <> 1)", window=13, first=420, features=STATE),
}

# What is learned from, besides `first` cutoffs before 2005: cutoffs after them, the newest one, how validation is done.
PROTOCOLS = {
    "validation": (0, "2004-12-02", None),
    "test, learned before 2005": (40, "2008-03-16", 40),
    "test, learned before 2010": (60, "2009-12-02", None),
}


def load(db, folder):
    for table, columns in LOAD.items():
        db.execute(f"CREATE TABLE {table} ({columns})")
        width = columns.count(",") + 1
        with open(folder / "data" / f"{table}.csv", newline="", encoding="utf-8") as file, db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in list(csv.reader(file))[1:]:
                copy.write_row([None if v == "\\N" else v for v in row[:width]])
    db.execute(EVENTS)
    db.execute("CREATE INDEX ON events (ts); ANALYZE")
    db.execute(TRUTH)


def train(db, task, protocol, seed):
    after, as_of, held_out = PROTOCOLS[protocol]
    cutoffs = task["first"] + after
    validation = '{"method": "user"}' if held_out is None else f'{{"method": "time", "share": {held_out / cutoffs}}}'
    return db.execute(
        """SELECT rows_train, rows_held_out, elapsed_seconds FROM usercls.train_sequence('f1', 'events', user_column => 'driver_id', outcome => %s,
               features => %s::text[], period => '30 days', window_periods => %s, horizon_periods => 1,
               cutoffs => %s::jsonb, cutoff_every => '30 days', as_of => %s::timestamptz,
               validation => %s::jsonb, seed => %s, promote => 'always')""",
        [task["outcome"], task["features"], task["window"], str(cutoffs), as_of, validation, seed]).fetchone()


def score(db, task, split):
    """Truth and probability of each row; a driver without any row before the cutoff is asked about with an empty sequence."""
    F, rows = len(task["features"]), db.execute(
        f"SELECT cutoff, driver_id, {task['truth']} FROM truth WHERE split = %s AND {task['truth']} IS NOT NULL", [split]).fetchall()
    nobody = db.execute("SELECT usercls.score('f1', array_fill(NULL::float8, %s::int[]), 'true')", [[task["window"], F]]).fetchone()[0]
    of = {}
    for cutoff in {row[0] for row in rows}:
        of |= {(cutoff, user): p for user, p in db.execute(
            "SELECT user_id, probabilities[2] FROM usercls.classify_users('f1', %s, id => NULL::int)", [cutoff])}
    return np.array([row[2] for row in rows]), np.array([of.get(row[:2], nobody) for row in rows], float)


def matrix(db, task, split, cutoffs):
    """The model's own sequences as columns, for LightGBM."""
    x, y = [], []
    label = dict(((c, u), v) for c, u, v in db.execute(
        f"SELECT cutoff, driver_id, {task['truth']} FROM truth WHERE split = %s AND {task['truth']} IS NOT NULL", [split]))
    for cutoff in sorted({c for c, _ in label})[-cutoffs:]:
        known = dict(db.execute("SELECT user_id, seq FROM usercls.sequences('f1', %s, NULL::int)", [cutoff]).fetchall())
        empty = [[None] * len(task["features"])] * task["window"]
        for user in {u for c, u in label if c == cutoff}:
            x.append(np.array(known.get(user, empty), float).ravel())
            y.append(label[cutoff, user])
    return np.array(x), np.array(y)


def boosted(fit, val, test, seed):
    """Learned before 2005, trees by the validation rows; the same numbers as the model reads."""
    model = lightgbm.LGBMClassifier(n_estimators=1000, learning_rate=0.03, num_leaves=15, min_child_samples=20, n_jobs=1, verbose=-1,
                                    random_state=seed, bagging_fraction=0.8, bagging_freq=1, feature_fraction=0.5)
    model.fit(*fit, eval_set=[val], callbacks=[lightgbm.early_stopping(30, verbose=False)])
    return [roc_auc_score(y, model.predict_proba(x)[:, 1]) for x, y in (val, test)]


def cell(values):
    return f"{np.mean(values):.4f} ({np.std(values, ddof=1):.4f})" if len(values) > 1 else f"{values[0]:.4f}"


def main():
    folder, seeds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    with psycopg.connect("", autocommit=True) as db:
        db.execute("SET client_min_messages = warning; SET timezone = 'UTC'")
        load(db, folder)
        print("| rows | " + " | ".join(TASKS) + " |\n| --- | ---: | ---: |")
        for split in ("learn", "validation", "test"):
            print(f"| {split} | " + " | ".join("%d, %.3f" % db.execute(
                f"SELECT count({t['truth']}), avg({t['truth']}::int) FROM truth WHERE split = %s", [split]).fetchone() for t in TASKS.values()) + " |")
        print("\n| task | rows asked about | test AUROC, mean (sd) | each seed | rows learned from, held out | s |\n| --- | --- | ---: | --- | --- | ---: |")
        for name, task in TASKS.items():
            for protocol in PROTOCOLS:
                auc = []
                for seed in range(1, seeds + 1):
                    learned, held_out, seconds = train(db, task, protocol, seed)
                    y, p = score(db, task, protocol.split(",")[0])
                    auc.append(roc_auc_score(y, p))
                    if protocol != "test, learned before 2010" or seed < seeds:
                        db.execute("SELECT usercls.drop_model('f1')")
                print(f"| {name} | {protocol} | {cell(auc)} | {', '.join('%.4f' % a for a in auc)} | {learned}, {held_out} | {seconds:.1f} |", flush=True)
            tables = [matrix(db, task, split, task["first"]) for split in ("learn", "validation", "test")]
            both = [boosted(*tables, seed) for seed in range(1, seeds + 1)]
            print(f"| {name} | LightGBM on the same numbers: validation | {cell([b[0] for b in both])} | | | |\n"
                  f"| {name} | LightGBM on the same numbers: test, learned before 2005 | {cell([b[1] for b in both])} | | | |", flush=True)
            db.execute("SELECT usercls.drop_model('f1')")


main()
