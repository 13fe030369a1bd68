"""The best pure-SQL labeler on DuckDB, one thread, over a table of its own: CPU seconds and answer of each run.

usage: duck.py USERS DAYS RUNS ORDER_BY      makes its rows, says "ready", and runs when it may read a line
"""
import resource
import sys

import duckdb

users, days, runs = map(int, sys.argv[1:4])
connection = duckdb.connect()
connection.execute("SET threads = 1; SET preserve_insertion_order = true")
connection.execute(f"""
    CREATE TABLE events AS
    SELECT u AS user_id, TIMESTAMP '2025-01-01 12:00' + to_days(d::INTEGER) AS ts,
           ((u * 7919 + d * 104729 + (u * d) % 7919) % 10007 / 100.0)::DOUBLE AS value
    FROM range(1, {users} + 1) a(u), range(0, {days}) b(d) ORDER BY {sys.argv[4]}""")
print("ready", flush=True)
sys.stdin.readline()
for _ in range(runs):
    before = resource.getrusage(resource.RUSAGE_SELF)
    answer = connection.execute("""
        SELECT sum(sign(s - before)) FROM
            (SELECT s, lag(s) OVER (PARTITION BY user_id ORDER BY week) AS before FROM
                (SELECT user_id, (epoch_us(ts) - epoch_us(TIMESTAMP '2025-01-01')) // 604800000000 AS week, sum(value) AS s
                 FROM events WHERE ts >= '2025-01-01' AND ts < TIMESTAMP '2025-01-01' + INTERVAL 364 DAY
                 GROUP BY 1, 2) w) d""").fetchone()[0]
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, answer, flush=True)
print("done", flush=True)
