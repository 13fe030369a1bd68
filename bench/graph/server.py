"""The uplift network inside the server, on random graphs. Prints what it measured, a line each.

usage: server.py latency|target|load|workers|million ...    with PG* saying which server; usercls must be available there

latency   usercls.uplift() of one user: 100,000 users, a million edges (20 neighbours), covering indexes, foreign keys
target    usercls.target_users() on the same graph, reading apart from scoring
load      ten million edges from table to CSR beside SELECT count(*), sum(src), sum(dst)
workers   an epoch of training with one worker of the runner beside the leader, and with none, hidden 64, 1 head
million   a million users, ten million edges, 8 features: 20 epochs and target_users, with the memory of all processes

The first run creates the tables in a schema "graphbench" and keeps them. Needs psycopg.
"""
import re
import statistics
import sys
import threading
import time

import psycopg

notices = []


def connect():
    connection = psycopg.connect("", autocommit=True)
    connection.add_notice_handler(lambda d: notices.append(d.message_primary))
    connection.execute("SET client_min_messages = error")
    connection.execute("CREATE EXTENSION IF NOT EXISTS usercls")
    connection.execute("CREATE SCHEMA IF NOT EXISTS graphbench")
    connection.execute("SET search_path = graphbench, usercls, public")
    connection.execute("SET usercls.max_memory = '3GB'")
    return connection


def seconds(connection, sql):
    start = time.perf_counter()
    connection.execute(sql)
    return time.perf_counter() - start


def make(connection, name, users, edges, features, keys):
    if connection.execute("SELECT to_regclass(%s)", [f"{name}_edges"]).fetchone()[0]:
        return
    columns = "".join(f", random() AS f{f}" for f in range(features))
    ends = f"(1 + floor(random() * {users}))::bigint"
    connection.execute("SELECT setseed(0.5)")
    connection.execute(f"""CREATE TABLE {name}_users AS SELECT i::bigint AS user_id{columns},
        (random() < 0.5)::int AS treated, (random() < 0.3)::int AS outcome FROM generate_series(1, {users}) i""")
    connection.execute(f"ALTER TABLE {name}_users ADD PRIMARY KEY (user_id)")
    connection.execute(f"CREATE TABLE {name}_edges AS SELECT {ends} AS src, {ends} AS dst FROM generate_series(1, {edges})")
    if keys:
        connection.execute(f"CREATE INDEX ON {name}_edges (src, dst)")
        connection.execute(f"CREATE INDEX ON {name}_edges (dst, src)")
        for column in ("src", "dst"):
            connection.execute(f"ALTER TABLE {name}_edges ADD FOREIGN KEY ({column}) REFERENCES {name}_users")
    connection.execute(f"VACUUM ANALYZE {name}_users")
    connection.execute(f"VACUUM ANALYZE {name}_edges")


def train(connection, model, name, hyperparams):
    if connection.execute("SELECT count(*) FROM usercls.models WHERE model = %s", [model]).fetchone()[0] == 0:
        connection.execute(f"""SELECT usercls.train_uplift('{model}', '{name}_users', '{name}_edges',
            promote => 'always', hyperparams => '{hyperparams}')""")


def latency(connection):
    make(connection, "small", 100000, 1000000, 4, True)
    train(connection, "bench_default", "small", '{"max_epochs": 1}')
    train(connection, "bench_plain", "small", '{"max_epochs": 1, "log_degree": false}')
    for model in ("bench_default", "bench_plain"):
        times = []
        for i in range(3000):
            user = 1 + i * 7919 % 100000
            times.append(1000 * seconds(connection, f"SELECT usercls.uplift('{model}', {user}::bigint)"))
        times = sorted(times[1000:])
        print(f"uplift() {model}: median {statistics.median(times):.2f} ms, mean {statistics.mean(times):.2f}, "
              f"least {times[0]:.2f}, 95 % {times[int(0.95 * len(times))]:.2f}")


def spent(connection, sql):
    """Seconds of sql as a whole, and of its parts by what the server says of them."""
    notices.clear()
    connection.execute("SET client_min_messages = debug1")
    total = seconds(connection, sql)
    connection.execute("SET client_min_messages = error")
    parts = {}
    for text in notices:
        found = re.match(r"(\w+) .* in ([0-9.]+) ms", text)
        if found:
            parts[found[1]] = float(found[2]) / 1000
    return total, parts


def target(connection):
    make(connection, "small", 100000, 1000000, 4, True)
    train(connection, "bench_default", "small", '{"max_epochs": 1}')
    train(connection, "bench_64", "small", '{"max_epochs": 1, "hidden_size": 64}')
    for model in ("bench_default", "bench_64"):
        best = min((spent(connection, f"SELECT count(uplift) FROM usercls.target_users('{model}')") for _ in range(7)),
                   key=lambda s: s[0])
        reading = best[1].get("users", 0) + best[1].get("edges", 0) + best[1].get("graph", 0)
        print(f"target_users() {model}: {best[0]:.3f} s in all, reading {reading:.3f}, "
              f"{100000 / (best[0] - reading):.0f} users/s once loaded, {100000 / best[0]:.0f} with loading")


def load(connection):
    make(connection, "large", 1000000, 10000000, 8, False)
    train(connection, "bench_large", "large", '{"max_epochs": 1}')
    count = "SELECT count(*), sum(src), sum(dst) FROM large_edges"
    connection.execute("SET max_parallel_workers_per_gather = 0")
    serial = min(seconds(connection, count) for _ in range(3))
    connection.execute("RESET max_parallel_workers_per_gather")
    default = min(seconds(connection, count) for _ in range(3))
    parts = min((spent(connection, "SELECT count(uplift) FROM usercls.target_users('bench_large')")[1] for _ in range(2)),
                key=lambda p: p["edges"] + p["graph"])
    edges = parts["edges"] + parts["graph"]
    print(f"count and sums {serial:.2f} s ({default:.2f} with the planner's workers); edges read {parts['edges']:.2f}, "
          f"CSR {parts['graph']:.2f}: {edges / serial:.2f} times as long")


def workers(connection):
    """Seconds of an epoch are what eight further ones take: reading, and the start and end of workers, fall out."""
    make(connection, "small", 100000, 1000000, 4, True)
    epoch = {}
    for count in (0, 1, 0, 1):
        connection.execute(f"SET usercls.training_workers = {count}")
        took = {}
        for epochs in (2, 10):
            took[epochs] = seconds(connection, f"""SELECT usercls.train_uplift('bench_workers', 'small_users',
                'small_edges', promote => 'never', hyperparams => '{{"max_epochs": {epochs}, "patience": 0,
                "hidden_size": 64, "heads": 1, "dropout": 0, "attention_dropout": 0}}')""")
        epoch[count] = min(epoch.get(count, 1e9), (took[10] - took[2]) / 8)
    print(f"an epoch: {epoch[0]:.3f} s by the leader alone, {epoch[1]:.3f} with a worker: {epoch[0] / epoch[1]:.2f} times as fast")


class Memory(threading.Thread):
    """The largest sum of what the backend and its workers hold, each shared page counted once (PSS)."""

    def __init__(self, backend):
        super().__init__(daemon=True)
        self.backend, self.peak, self.anonymous, self.over = backend, 0, 0, False

    def run(self):
        own = psycopg.connect("", autocommit=True)
        while not self.over:
            pids = [r[0] for r in own.execute("SELECT pid FROM pg_stat_activity WHERE pid = %s OR leader_pid = %s",
                                              [self.backend, self.backend])]
            total, anonymous = 0, 0
            for pid in pids:
                try:
                    text = open(f"/proc/{pid}/smaps_rollup").read()
                except OSError:
                    continue
                total += int(re.search(r"^Pss: +(\d+)", text, re.M)[1])
                anonymous += int(re.search(r"^Pss_Anon: +(\d+)", text, re.M)[1])
            self.peak, self.anonymous = max(self.peak, total), max(self.anonymous, anonymous)
            time.sleep(0.2)


def million(connection):
    make(connection, "large", 1000000, 10000000, 8, False)
    workers = sys.argv[2] if len(sys.argv) > 2 else "0"
    hidden = sys.argv[3] if len(sys.argv) > 3 else "64"
    connection.execute(f"SET usercls.training_workers = {workers}")
    memory = Memory(connection.info.backend_pid)
    memory.start()
    training = seconds(connection, f"""SELECT usercls.train_uplift('bench_million', 'large_users', 'large_edges',
        promote => 'always', hyperparams => '{{"max_epochs": 20, "patience": 0, "hidden_size": {hidden}}}')""")
    trained = memory.peak
    scoring = seconds(connection, "SELECT count(uplift) FROM usercls.target_users('bench_million')")
    memory.over = True
    memory.join()
    print(f"hidden {hidden}, {workers} workers beside the leader: 20 epochs {training:.1f} s, scoring {scoring:.1f} s; "
          f"peak {trained / 1024:.0f} MB, with scoring {memory.peak / 1024:.0f} MB, shared buffers included")


def main():
    globals()[sys.argv[1]](connect())


main()
