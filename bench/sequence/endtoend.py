"""The measurements of bench/sequence/endtoend: a table of wall times, as Markdown on stdout.

What is there before the clock starts: connections, the networks in PyTorch's memory, two worker processes.
Each way starts with an empty result table and ends with a commit.
"""

import multiprocessing
import pathlib
import platform
import sys
import time

import numpy as np
import psycopg
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "fixtures"))
from sequence_net import Tcn, fold  # noqa: E402

T, H, CLASS = 52, 64, "falling"
RUNS = 2

# COPY BINARY of (bigint, float8[52][1]): all rows have one length, so numpy reads them as records.
ROW = np.dtype([("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("size", ">i4"), ("array", ">i4", 7),
                ("step", [("size", ">i4"), ("value", ">f8")], T)])
SCORE = np.dtype([("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("size", ">i4"), ("score", ">f8")])
HEADER = 19


def tensors_of(weights):
    import json

    size = int.from_bytes(weights[:8], "little")
    head = json.loads(weights[8:8 + size])
    head.pop("__metadata__")
    return {name: torch.frombuffer(bytearray(weights[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]]),
                                   dtype=torch.float32).reshape(t["shape"]) for name, t in head.items()}


class Net(torch.nn.Module):
    """A stored model, as its exported weights say it."""

    def __init__(self, architecture, tensor):
        super().__init__()
        self.tcn = architecture == "tcn"
        if self.tcn:
            encoder = Tcn(1, H, 4, 3, "batch")
            self.encoder = encoder.network
        else:
            self.encoder = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[architecture](1, H)
            encoder = self.encoder
        own = {n.split(".", 1)[1]: t for n, t in tensor.items() if n.startswith(architecture + ".")}
        missing = encoder.load_state_dict(own, strict=False)
        assert not missing.unexpected_keys and all(n.endswith("num_batches_tracked") for n in missing.missing_keys)
        self.head = torch.nn.Linear(H, len(tensor["head.bias"]))
        self.head.load_state_dict({"weight": tensor["head.weight"], "bias": tensor["head.bias"]})
        self.fixed = {n: tensor[n] for n in ("input.mean", "input.scale", "calibration.bias", "calibration.temperature")}

    def forward(self, x):
        x = (x - self.fixed["input.mean"]) / self.fixed["input.scale"]
        y = self.encoder(x.unsqueeze(1) if self.tcn else x.t().unsqueeze(2).contiguous())
        z = self.head(y[:, :, -1] if self.tcn else y[0][-1])
        return torch.softmax((z + self.fixed["calibration.bias"]) / self.fixed["calibration.temperature"], -1)


def score(net, column, x, batch):
    out = np.empty(len(x), np.float32)
    with torch.inference_mode():
        for i in range(0, len(x), batch):
            out[i:i + batch] = net(x[i:i + batch])[:, column].numpy()
    return out


def copy_out(db, where=""):
    with db.cursor().copy(f"COPY (SELECT user_id, seq FROM sequences {where}) TO STDOUT (FORMAT BINARY)") as copy:
        data = b"".join(copy)
    rows = np.frombuffer(data, ROW, (len(data) - HEADER - 2) // ROW.itemsize, HEADER)
    return rows["id"], torch.from_numpy(rows["step"]["value"].astype(np.float32))


def copy_in(db, ids, scores):
    rows = np.empty(len(ids), SCORE)
    rows["fields"], rows["id_size"], rows["id"], rows["size"], rows["score"] = 2, 8, ids, 8, scores
    with db.cursor().copy("COPY scores FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff")
    db.commit()


def copies(net, column, db, batch):
    ids, x = copy_out(db)
    copy_in(db, ids, score(net, column, x, batch))


def halves(pool, architecture, batch, users):
    parts = [f"WHERE user_id <= {users // 2}", f"WHERE user_id > {users // 2}"]
    pool.starmap(half, [(architecture, where, batch) for where in parts], chunksize=1)


def half(architecture, where, batch):
    net, column = worker["net"][architecture]
    ids, x = copy_out(worker["db"], where)
    copy_in(worker["db"], ids, score(net, column, x, batch))


def rows(net, column, db, batch):
    """As most scripts do it."""
    cursor = db.cursor()
    found = cursor.execute("SELECT user_id, seq FROM sequences").fetchall()
    scores = score(net, column, torch.tensor([row[1] for row in found], dtype=torch.float32).reshape(-1, T), batch)
    cursor.executemany("INSERT INTO scores VALUES (%s, %s)", zip((row[0] for row in found), scores.tolist()))
    db.commit()


worker = {}


def worker_start():
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    worker["db"] = psycopg.connect()
    worker["net"] = networks(worker["db"])


def networks(db):
    net = {}
    for architecture in ("gru", "lstm", "tcn"):
        weights, classes = db.execute(
            "SELECT usercls.export_model(%s), (SELECT array_agg(c ORDER BY c) FROM (SELECT DISTINCT class FROM events "
            "WHERE user_id < 10) e(c))", (architecture,)).fetchone()
        net[architecture] = fold(Net(architecture, tensors_of(weights)).eval()), classes.index(CLASS)
    db.commit()
    return net


def timed(runs, db, way, *given):
    times = []
    for _ in range(runs):
        db.execute("DROP TABLE IF EXISTS scores")
        db.execute("CREATE TABLE scores (user_id bigint, score float8)")
        db.commit()
        begin = time.perf_counter()
        way(*given)
        times.append(time.perf_counter() - begin)
    return min(times)


def one_select(db, query, settings):
    """As CREATE TABLE AS, which is what PostgreSQL runs by a parallel plan."""
    for setting in settings:
        db.execute("SET " + setting)
    times = []
    for _ in range(RUNS):
        db.execute("DROP TABLE IF EXISTS ours")
        db.commit()
        begin = time.perf_counter()
        db.execute("CREATE TABLE ours AS " + query)
        db.commit()
        times.append(time.perf_counter() - begin)
    return min(times)


def best_setting(net, column, x):
    """Threads and batch at which PyTorch scores fastest, tried on a part."""
    found = (float("inf"),)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for batch in (256, 1024, 4096):
            score(net, column, x[:batch], batch)
            begin = time.perf_counter()
            score(net, column, x, batch)
            found = min(found, (time.perf_counter() - begin, threads, batch))
    torch.set_num_threads(found[1])
    return found[1:]


def main():
    torch.set_flush_denormal(True)
    pool = multiprocessing.get_context("spawn").Pool(2, worker_start)
    db = psycopg.connect()
    users = db.execute("SELECT count(*) FROM sequences").fetchone()[0]
    sample = copy_out(db, "WHERE user_id <= 8192")[1]
    print(f"# Scores of {users} users × {T} weeks, from a table to a table\n")
    print(f"Wall seconds on two cores, the better of {RUNS} runs; hidden size {H}. Written by `bench/sequence/endtoend`.\n")
    print("- one SELECT: `CREATE TABLE … AS SELECT user_id, usercls.score(model, seq, class) FROM sequences`, with one")
    print("  worker beside the leader, and without.")
    print("- in batches: `CREATE TABLE … AS SELECT user_id, probabilities[i] FROM classify_sequences(model, 'sequences')`, with")
    print("  `usercls.training_workers` 1, and 0 (serial).")
    print("- from events: the same from `classify_users()`, which reads the 52 events of each user instead, with one worker.")
    print("- best pipeline: COPY BINARY to numpy, PyTorch at its best batch and threads, or two processes with a half of")
    print("  the users each; COPY BINARY back.")
    print("- usual: fetchall, PyTorch at its best setting, executemany of INSERT; one run.\n")
    print("| | one SELECT | serial | in batches | serial | from events | best pipeline | two processes | usual | largest difference |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    ratios = []
    for architecture, (net, column) in networks(db).items():
        threads, batch = best_setting(net, column, sample)
        select = f"SELECT user_id, usercls.score('{architecture}', seq, '{CLASS}') AS score FROM sequences"
        number = 1 + column
        score_of = f"SELECT user_id, probabilities[{number}] AS score FROM usercls."
        batch_select = f"{score_of}classify_sequences('{architecture}', 'sequences')"
        events = f"{score_of}classify_users('{architecture}')"
        row = one_select(db, select, ["max_parallel_workers_per_gather = 1"])
        row_serial = one_select(db, select, ["max_parallel_workers_per_gather = 0"])
        by_users = one_select(db, events, ["usercls.training_workers = 1"])
        ours_serial = one_select(db, batch_select, ["usercls.training_workers = 0"])
        ours = one_select(db, batch_select, ["usercls.training_workers = 1"])
        best = timed(RUNS, db, copies, net, column, db, batch)
        difference = db.execute("SELECT max(abs(o.score - s.score)), count(*) FROM ours o JOIN scores s USING (user_id)").fetchone()
        db.commit()
        two = timed(RUNS, db, halves, pool, architecture, batch, users)
        usual = timed(1, db, rows, net, column, db, batch)
        assert difference[1] == users
        print(f"| {architecture} | {row:.2f} | {row_serial:.2f} | {ours:.2f} | {ours_serial:.2f} | {by_users:.2f} "
              f"| {best:.2f} ({threads} threads, batch {batch}) | {two:.2f} | {usual:.2f} | {difference[0]:.1e} |", flush=True)
        ratios.append((architecture, *(peer / us for us in (row, ours) for peer in (best, two, usual))))
    print("\nTimes as fast as")
    print("\n| | one SELECT: best pipeline | two processes | usual | in batches: best pipeline | two processes | usual |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for ratio in ratios:
        print("| " + " | ".join([ratio[0]] + [f"{r:.1f}" for r in ratio[1:]]) + " |")
    version = db.execute("SHOW server_version").fetchone()[0].split()[0]
    print(f"\nPostgreSQL {version}, PyTorch {torch.__version__}, psycopg {psycopg.__version__}, Python {platform.python_version()}.")


if __name__ == "__main__":
    main()
