"""MiniRocket beside aeon's (Numba) and scikit-learn's ridge, in one run: bench/results/minirocket.md.

usage: bench/sequence/minirocket, which starts the server that this connects to

1,000 series of 128 steps to learn from and 1,000 to ask about, two classes: a random walk with a bump in its first or its
second half. One thread on both sides; Numba has compiled before the clock starts. Ours and theirs in turn, three times of five
runs each; the best of all, in CPU seconds. In the server those of the session's process, by SQL over a table of arrays.
"""

import os

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")})

import pathlib  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

import aeon  # noqa: E402
import numpy as np  # noqa: E402
import psycopg  # noqa: E402
from aeon.transformations.collection.convolution_based import MiniRocket  # noqa: E402
from sklearn.linear_model import RidgeClassifierCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

TOP = pathlib.Path(__file__).parents[2]
N, STEPS, ROUNDS, TURNS = 1000, 128, 5, 3
PLAIN = ("inputs=values", "mask=false", "summary_size=0")


def make(rng):
    label = rng.integers(2, size=2 * N)
    x = rng.standard_normal((2 * N, STEPS)).cumsum(1) / 4
    at = rng.integers(8, 40, size=2 * N) + 64 * label
    x += 1.5 * np.exp(-(((np.arange(STEPS) - at[:, None]) / 4) ** 2))
    return x.astype(np.float32), label


def clock(work, rounds=ROUNDS, now=time.process_time):
    best = np.inf
    for _ in range(rounds):
        begin = now()
        work()
        best = min(best, now() - begin)
    return best


def peer(x, y):
    model = make_pipeline(MiniRocket(random_state=1), StandardScaler(with_mean=False), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    model.fit(x[:N, None], y[:N])
    train = clock(lambda: model.fit(x[:N, None], y[:N]))
    bulk = clock(lambda: model.predict(x[N:, None])) / N
    one = clock(lambda: [model.predict(row[None, None]) for row in x[N : N + 100]]) / 100
    return {"train": train, "bulk": bulk, "one": one, "right": (model.predict(x[N:, None]) == y[N:]).mean()}


def ours(x, y, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        np.savetxt(file, np.column_stack([y, x]), fmt=["%d"] + ["%.7g"] * STEPS)
        file.flush()
        out = subprocess.run([TOP / "build/bench/sequence/minirocket", file.name, *options], check=True, text=True, capture_output=True)
    return {name: float(value) for name, value in (line.split("\t") for line in out.stdout.splitlines())}


def fill(session, name, x, y):
    session.execute(f"CREATE TABLE {name} (user_id bigint, class text, seq float8[])")
    with session.cursor().copy(f"COPY {name} FROM STDIN") as copy:
        for i, (row, label) in enumerate(zip(x, y)):
            copy.write_row((i, str(label), [[float(v)] for v in row]))
    session.execute(f"ANALYZE {name}")


def in_server(x, y):
    """What the process of a session takes: a training, and a row by each function."""
    with psycopg.connect(autocommit=True) as session:
        now = lambda: time.clock_gettime((~session.info.backend_pid << 3) | 2)  # noqa: E731
        run = lambda sql: clock(lambda: session.execute(sql), now=now)  # noqa: E731
        session.execute("DROP TABLE IF EXISTS known, asked; CREATE EXTENSION IF NOT EXISTS usercls")
        fill(session, "known", x[:N], y[:N])
        fill(session, "asked", x[N:], y[N:])
        return {
            "train": run(
                "SELECT usercls.train_sequence('rocket', 'known', sequence_column => 'seq', label_column => 'class', "
                f"architecture => 'minirocket', window_periods => {STEPS}, promote => 'always')"
            ),
            "score": run("SELECT sum(usercls.score('rocket', seq, '1')) FROM asked") / N,
            "predict": run("SELECT sum(p.probability) FROM asked, usercls.predict('rocket', seq) p") / N,
            "bulk": run("SELECT sum(probability) FROM usercls.classify_sequences('rocket', 'asked')") / N,
            "right": session.execute(
                "SELECT avg((p.label = class)::int)::float8 FROM asked, usercls.predict('rocket', seq) p"
            ).fetchone()[0],
        }


def best(runs):
    return {name: max(run[name] for run in runs) if name == "right" else min(run[name] for run in runs) for name in runs[0]}


def measure(x, y):
    """What each side took at its best, the sides in turn."""
    turns = [(ours(x, y), ours(x, y, *PLAIN), in_server(x, y), peer(x, y)) for _ in range(TURNS)]
    return [best(runs) for runs in zip(*turns)]


def bounds():
    """What this core's arithmetic alone takes, at 4.3 GHz and two vectors of 16 numbers a cycle."""
    cycle = 1 / 4.3e9
    dilations = [int(2 ** (i * np.log2((STEPS - 1) / 8) / 31)) for i in range(32)]
    inside = [min(8, 2 * -(-(STEPS - 8 * d + (4 * d) % 16) // 32)) for d in dilations]
    vectors = int(9996 * (8 + np.mean(inside)) / 2)
    gram, roots = N * N * 9996, 7 * 2 * N**3 // 3
    return vectors, vectors / 2 * cycle, 1260 * 8 * 4 / 2 * cycle, gram, roots, (gram + roots) / 64 * cycle


def report(own, plain, server, theirs):
    vectors, compare, convolve, gram, roots, products = bounds()
    yield "# MiniRocket beside the Python implementation\n"
    yield f"1,000 series of {STEPS} steps, two classes, 9,996 features, one thread, CPU seconds, the best of {TURNS} times {ROUNDS} runs, the"
    yield f"sides in turn; aeon {aeon.__version__} with scikit-learn's RidgeClassifierCV. Written by bench/sequence/minirocket.py.\n"
    processor = next(line for line in open("/proc/cpuinfo") if line.startswith("model name")).split(": ")[1].strip()
    wide = "with" if "avx512bw" in open("/proc/cpuinfo").read() else "without"
    yield f"Processor: {processor}, {wide} AVX-512.\n"
    yield "| | train, s | score a row, µs | right answers of 1,000 others |"
    yield "| --- | ---: | ---: | ---: |"
    yield f"| usercls, by defaults (the values, a summary) | {own['train']:.3f} | {own['score'] * 1e6:.1f} | {own['right']:.3f} |"
    yield f"| usercls, the plain series alone | {plain['train']:.3f} | {plain['score'] * 1e6:.1f} | {plain['right']:.3f} |"
    yield f"| usercls in the server, by SQL: `classify_sequences()` | {server['train']:.3f} | {server['bulk'] * 1e6:.1f} | {server['right']:.3f} |"
    yield f"| `predict()` | | {server['predict'] * 1e6:.1f} | |"
    yield f"| `score()` | | {server['score'] * 1e6:.1f} | |"
    yield f"| aeon and scikit-learn, a thousand rows a call | {theirs['train']:.3f} | {theirs['bulk'] * 1e6:.1f} | {theirs['right']:.3f} |"
    yield f"| aeon and scikit-learn, a row a call | | {theirs['one'] * 1e6:.0f} | |"
    yield ""
    yield f"Ratio, the same inputs on both sides: training {theirs['train'] / plain['train']:.1f}, scoring {theirs['bulk'] / plain['score']:.1f} with a thousand rows"
    yield f"a call on their side and {theirs['one'] / plain['score']:.0f} with one. Ours scores one row a call, but for `classify_sequences()`, and answers"
    yield "calibrated probabilities; scikit-learn's answers the class alone. In the server a training reads the table, holds out a"
    yield "fifth, measures it and stores the version, and a row is an array of a table, by the defaults of `train_sequence()`."
    yield ""
    yield f"The bound of a score: {vectors:,} vectors of 16 positions are compared with a bias, each a subtraction and three in four"
    yield f"of them a packing of the signs: at two subtractions a cycle, which this core makes, and 4.3 GHz {compare * 1e6:.0f} µs. The"
    yield f"convolutions are another {1260 * 8 * 4 / 1e3:.0f} thousand vector additions, {convolve * 1e6:.1f} µs."
    yield ""
    yield f"The bound of a training: the features of 1,000 series, {N * (compare + convolve) * 1e3:.0f} ms; the Gram matrix, {gram / 1e9:.0f} billion operations, and"
    yield f"of seven penalties Cholesky's factor and its inverse, {roots / 1e9:.1f} billion: at 64 operations a cycle {products * 1e3:.0f} ms. The rest"
    yield "is memory (40 MB of features are written, standardised, multiplied and weighed), and the choice of the factor that"
    yield "makes probabilities, which scikit-learn's side does not make."


def main():
    x, y = make(np.random.default_rng(1))
    text = "\n".join(report(*measure(x, y))) + "\n"
    (TOP / "bench/results/minirocket.md").write_text(text)
    print(text)


main()
