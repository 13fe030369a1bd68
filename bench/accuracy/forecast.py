"""The measurements of bench/accuracy/forecast: which label has each user some periods from now?

Users of one family and seed are made once; a third of them nobody learns from and all are measured on. Of the others
every forecaster that needs it holds out a fifth for itself. A cell is a window and a horizon.
"""

import json
import math
import pathlib
import sys
import time
import warnings

import lightgbm
import numpy as np
import psycopg
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from forecast_users import DRAWS, FAMILIES, FUTURES, OBSERVERS, PERIODS, labels, observer, oracle

warnings.filterwarnings("ignore")
LEARN, TEST = 4000, 4000
WINDOWS, HORIZONS = (12, 26, 52), (1, 4, 12)
FIRST_SEED = 101  # what options were chosen by has smaller ones
CLASSES = ("high_risk", "stable", "potential")
PEERS = ("carry", "logreg", "lightgbm")
DECIDED = "gru, decision macro_f1"
ORACLE, OBSERVER = "oracle", "observer"
SHORT = 2  # seeds of the architectures and the ablation
ABLATIONS = {
    "by defaults": {},
    "without changes, signs and the user's own scale (1)": {"inputs": "values"},
    "without the summary (2)": {"summary_size": 0},
    "without the baseline (3)": {"baseline": False},
    "60 epochs, patience 20 (5)": {"max_epochs": 60, "patience": 20},
    "values alone: none of 1, 2, 3, 5": {"inputs": "values", "summary_size": 0, "baseline": False, "max_epochs": 60,
                                         "patience": 20},
}


def features(window, horizon):
    """The series, and six numbers of the labeler: its score today, and of the next label what is known; recency, frequency."""
    spend = np.nan_to_num(window[:, :, 0])
    signs = np.sign(np.diff(spend, axis=1))
    known = signs[:, horizon:]
    net, moving = known.sum(1), (known != 0).sum(1)
    active = spend != 0
    recency = np.where(active.any(1), active[:, ::-1].argmax(1), window.shape[1])
    six = np.stack([signs.sum(1), net, net / np.sqrt((moving + 2) / 3), moving, recency, active.mean(1)], 1)
    return np.concatenate([window.reshape(len(window), -1), six], 1)


# ---- Peers ----


def all_classes(p, classes):
    full = np.full((len(p), 3), 1e-9)
    full[:, classes] = p
    return full


def carry(x, y, carried, fit, val):
    count = np.ones((3, 3))
    learn = np.concatenate([fit, val])
    np.add.at(count, (carried[learn], y[learn]), 1)
    return (count / count.sum(1, keepdims=True))[carried], carried


def logreg(x, y, carried, fit, val):
    x = np.nan_to_num(x)
    x = StandardScaler().fit(x[fit]).transform(x)
    best = None
    for c in (0.003, 0.03, 0.3):
        model = LogisticRegression(C=c, max_iter=300).fit(x[fit], y[fit])
        p = all_classes(model.predict_proba(x), model.classes_)
        loss = log_loss(p[val], y[val])
        if best is None or loss < best[0]:
            best = loss, p
    return best[1], None


def boost(x, y, carried, fit, val):
    model = lightgbm.LGBMClassifier(n_estimators=500, learning_rate=0.05, num_leaves=15, n_jobs=1, verbose=-1)
    model.fit(x[fit], y[fit], eval_set=[(x[val], y[val])], callbacks=[lightgbm.early_stopping(20, verbose=False)])
    return all_classes(model.predict_proba(x), model.classes_), None


def log_loss(p, y):
    return float(-np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1)).mean())


def measures(p, answer, y):
    answer = p.argmax(1) if answer is None else answer
    auc = [float(roc_auc_score(y == c, p[:, c])) for c in range(3) if 0 < (y == c).sum() < len(y)]
    return {"log_loss": log_loss(p, y), "macro_f1": float(f1_score(y, answer, average="macro")),
            "accuracy": float((answer == y).mean()), "auc": float(np.mean(auc))}


def measure_peers(values, window, horizon):
    end = PERIODS - horizon
    x = values[:, end - window:end]
    spend = np.nan_to_num(values[:, :, 0])
    y, carried = labels(spend[:, PERIODS - window:]), labels(spend[:, end - window:end])
    there = ~np.isnan(x[:, :, 0]).all(1)
    learn, test = np.flatnonzero(there[:LEARN]), LEARN + np.flatnonzero(there[LEARN:])
    fit, val = learn[learn % 5 > 0], learn[learn % 5 == 0]
    x = features(x, horizon)
    for name, peer in zip(PEERS, (carry, logreg, boost)):
        begin = time.process_time()
        p, answer = peer(x, y, carried, fit, val)
        yield name, measures(p[test], None if answer is None else answer[test], y[test]) | {
            "cpu": time.process_time() - begin, "shares": (np.bincount(y[test], minlength=3) / len(test)).tolist()}


# ---- usercls ----


STAMPS = [str(np.datetime64("2024-01-01T12:00") + np.timedelta64(7 * w, "D")) for w in range(PERIODS)]


def fill(db, values):
    db.execute("DROP TABLE IF EXISTS learn, test")
    for table, begin, end in (("learn", 0, LEARN), ("test", LEARN, LEARN + TEST)):
        db.execute(f"CREATE UNLOGGED TABLE {table} (user_id bigint, ts timestamp, spend float8, logins float8)")
        users, weeks = np.nonzero(~np.isnan(values[begin:end, :, 0]))
        rows = zip(users.tolist(), weeks.tolist(), values[begin + users, weeks].tolist())
        with db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            copy.write("".join(f"{begin + u}\t{STAMPS[w]}\t{spend!r}\t{logins!r}\n" for u, w, (spend, logins) in rows))


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure_usercls(db, architecture, window, horizon, seed, hyperparams=None, decision="largest"):
    as_of = str(np.datetime64("2024-01-01") + np.timedelta64(7 * (PERIODS - horizon), "D"))
    pid = db.info.backend_pid
    begin = cpu_of(pid)
    version, promoted, reason, epochs, best = db.execute(
        "SELECT version, promoted, reason, epochs, best_epoch FROM usercls.train_sequence('forecast', 'learn',"
        " trend_of => 'spend', features => '{spend,logins}', window_periods => %s, horizon_periods => %s, as_of => %s,"
        " active_only => true, architecture => %s, seed => %s, hyperparams => %s, decision => %s)",
        (window, horizon, as_of, architecture, seed, json.dumps(hyperparams or {}), decision)).fetchone()
    cpu = cpu_of(pid) - begin
    rows = dict(db.execute("SELECT metric, value FROM usercls.evaluate('forecast', 'test', as_of => %s, version => %s,"
                           " replicates => 0)", (as_of, version)).fetchall())
    db.execute("SELECT usercls.drop_model('forecast')")
    auc = [v for k, v in rows.items() if k.startswith("auc(") and v is not None]
    return {k: rows[k] for k in ("log_loss", "macro_f1", "accuracy")} | {
        "auc": float(np.mean(auc)), "cpu": cpu, "promoted": promoted, "reason": reason, "epochs": epochs, "best": best}


# ---- The grid ----


class Store:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.rows = [json.loads(line) for line in self.path.open()] if self.path.exists() else []
        self.known = {tuple(r["key"]) for r in self.rows}

    def add(self, key, row):
        self.rows.append({"key": key, **row})
        self.known.add(tuple(key))
        with self.path.open("a") as file:
            file.write(json.dumps(self.rows[-1]) + "\n")

    def has(self, key):
        return tuple(key) in self.known

    def mean(self, what, *key):
        """Of all seeds."""
        return float(np.mean(self.all(what, *key)))

    def all(self, what, *key):
        return [r[what] for r in self.rows if r["key"][:-1] == list(key)]


def run(store, seeds, only):
    """What is needed most first: the GRU of all seeds, then what needs but some of them. only: a cell; empty: all."""
    with psycopg.connect(autocommit=True) as db:
        db.execute("SET client_min_messages = warning")
        for measure, some in ((measure_cell, seeds), (measure_more, seeds[:SHORT])):
            for seed in some:
                for number, (family, make) in enumerate(FAMILIES.items()):
                    cells = [[family, w, h] for w in WINDOWS for h in HORIZONS if only in ([], [family, w, h])]
                    if not cells:
                        continue
                    rng = np.random.default_rng([seed, number])
                    spend, future = make(LEARN + TEST, np.arange(PERIODS)[None, :], rng)
                    logins = np.where(np.isnan(spend), np.nan, rng.integers(0, 8, spend.shape))
                    values = np.stack([spend, logins], 2)
                    fill(db, values)
                    for cell in cells:
                        measure(store, db, values, future, cell, seed)
                    print(measure.__name__, family, seed, flush=True)


def measure_knowing(who, values, knows, window, horizon, seed):
    """The oracle or the observer, on the same test users as all the others."""
    x = values[:, PERIODS - horizon - window:PERIODS - horizon, 0]
    test = LEARN + np.flatnonzero(~np.isnan(x[LEARN:]).all(1))
    spend = np.nan_to_num(values[:, :, 0])
    p = who(spend, knows, window, horizon, np.random.default_rng(seed))
    return measures(p[test], None, labels(spend[:, PERIODS - window:])[test])


def measure_observer(store, values, cell, seed):
    if cell[0] in OBSERVERS and not store.has([*cell, OBSERVER, seed]):
        store.add([*cell, OBSERVER, seed], measure_knowing(observer, values, OBSERVERS[cell[0]], *cell[1:], seed))


def measure_cell(store, db, values, future, cell, seed):
    if not store.has([*cell, PEERS[-1], seed]):
        for name, row in measure_peers(values, *cell[1:]):
            store.add([*cell, name, seed], row)
    if not store.has([*cell, "gru", seed]):
        store.add([*cell, "gru", seed], measure_usercls(db, "gru", *cell[1:], seed))
    if not store.has([*cell, DECIDED, seed]):
        store.add([*cell, DECIDED, seed], measure_usercls(db, "gru", *cell[1:], seed, decision="macro_f1"))
    if not store.has([*cell, ORACLE, seed]):
        store.add([*cell, ORACLE, seed], measure_knowing(oracle, values, future, *cell[1:], seed))
    measure_observer(store, values, cell, seed)


def measure_more(store, db, values, future, cell, seed):
    """Architectures and the ablation, in one cell of each family."""
    if cell[1:] != [26, 4]:
        return
    for architecture in ("lstm", "tcn"):
        if not store.has([*cell, architecture, seed]):
            store.add([*cell, architecture, seed], measure_usercls(db, architecture, *cell[1:], seed))
    for name, hyperparams in ABLATIONS.items():
        if not store.has([*cell, name, seed]):
            store.add([*cell, name, seed], measure_usercls(db, "gru", *cell[1:], seed, hyperparams))


# ---- The results file ----


def standard_error(difference):
    return float(np.std(difference, ddof=1) / math.sqrt(len(difference))) if len(difference) > 1 else math.nan


def verdict(store, cell, architecture, metric, sign):
    """Peers that are better by more than a standard error of the difference over the seeds, and whether none is better."""
    ours = np.array(store.all(metric, *cell, architecture))
    lost, best = [], True
    for peer in PEERS:
        gain = sign * (ours - np.array(store.all(metric, *cell, peer))[:len(ours)])
        if gain.mean() < -standard_error(gain):
            lost.append(peer)
        best &= gain.mean() > 0
    return lost, best


def print_cell(store, cell):
    """How far we are from each peer: log-loss below, macro-F1 above, with standard errors over the seeds."""
    for peer in PEERS:
        for metric in ("log_loss", "macro_f1"):
            gain = np.array(store.all(metric, *cell, "gru")) - np.array(store.all(metric, *cell, peer))
            print(f"{peer:10}{metric:10}{gain.mean():9.5f} +- {standard_error(gain):.5f} over {len(gain)} seeds")


def figures(store, cell, names, metric):
    return " | ".join(f"{store.mean(metric, *cell, name):.3f}".lstrip("0") for name in names)


def write_architectures(out, store, cells):
    few = [c for c in cells if store.all("log_loss", *c, "tcn")]
    if not few:
        return
    out.append(f"\n## Architectures\n\nMeans over {len(few)} cells (window 26, horizon 4), of {SHORT} seeds.\n")
    out.append("| | log-loss | macro-F1 | accuracy | AUC | CPU s |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in ("gru", "lstm", "tcn", *PEERS):
        row = [np.mean([store.all(m, *c, name)[:SHORT] for c in few]) for m in ("log_loss", "macro_f1", "accuracy", "auc", "cpu")]
        out.append(f"| {name} | " + " | ".join(f"{v:.4f}" for v in row[:4]) + f" | {row[4]:.1f} |")


def write_ablation(out, store):
    if not all(store.all("log_loss", f, 26, 4, name) for f in FAMILIES for name in ABLATIONS):
        return
    out.append("\n## What each part gives\n\nLog-loss of the GRU (macro-F1) at window 26 and horizon 4, {SHORT} seeds.\n".format(SHORT=SHORT))
    out.append("| | " + " | ".join(FAMILIES) + " | mean log-loss | mean macro-F1 | CPU s |\n| --- |" + " ---: |" * (len(FAMILIES) + 3))
    for name in ABLATIONS:
        cell = [[f, 26, 4, name] for f in FAMILIES]
        out.append(f"| {name} | " + " | ".join(f"{store.mean('log_loss', *c):.4f} ({store.mean('macro_f1', *c):.3f})" for c in cell)
                   + f" | {np.mean([store.mean('log_loss', *c) for c in cell]):.4f} | "
                   f"{np.mean([store.mean('macro_f1', *c) for c in cell]):.3f} | {np.mean([store.mean('cpu', *c) for c in cell]):.1f} |")


def f1(store, cell, name):
    return f"{store.mean('macro_f1', *cell, name):.3f}".lstrip("0") if store.all("macro_f1", *cell, name) else ""


def write_rare(out, store, lost):
    """Of the cells where a peer has the higher macro-F1: what the label rule costs."""
    everywhere = [[f, w, h] for f in FAMILIES for w in WINDOWS for h in HORIZONS]
    ahead = [c for c in everywhere if store.mean("macro_f1", *c, DECIDED) >= store.mean("macro_f1", *c, "carry")]
    mean = lambda name: np.mean([store.mean("macro_f1", *c, name) for c in everywhere])
    out.append("## Where a peer has the higher macro-F1\n\nThe most probable label, as above; the same probabilities by"
               " `decision => 'macro_f1'`; and the most probable label of two who know more than any forecaster. The oracle knows"
               f" each user's own level, slope, season, rate and end, and draws {FUTURES} futures from them. The observer knows"
               " how such users are made, and of each what the window shows: these are the probabilities that no forecaster"
               f" can better ({DRAWS} futures, by Bayes' rule on a grid; families whose users have one).\n")
    out.append("| family | window | horizon | stable | most probable | macro_f1 | oracle's | observer's | carried | logistic | LightGBM |\n"
               "| --- |" + " ---: |" * 10)
    for c in lost:
        share = np.mean([r[1] for r in store.all("shares", *c, "carry")])
        row = [f1(store, c, name) for name in ("gru", DECIDED, ORACLE, OBSERVER, *PEERS)]
        out.append(f"| {c[0]} | {c[1]} | {c[2]} | {share:.3f} | " + " | ".join(row) + " |")
    out.append(f"\nBy `decision => 'macro_f1'` the GRU's macro-F1 is at or above that of carrying forward in {len(ahead)} of"
               f" {len(everywhere)} cells, {mean(DECIDED):.3f} on average beside {mean('gru'):.3f} by the most probable label and"
               f" {mean('carry'):.3f} of carrying forward.")


def write_observer(out, store):
    out.append("\n## What is left to learn\n\nLog-loss beside the observer's, who knows how such users are made.\n")
    out.append("| family | window | horizon | GRU | observer | carried | logistic | LightGBM |\n| --- |" + " ---: |" * 7)
    for c in [[f, w, h] for f in OBSERVERS for w in WINDOWS for h in HORIZONS]:
        out.append(f"| {c[0]} | {c[1]} | {c[2]} | " + figures(store, c, ("gru", OBSERVER, *PEERS), "log_loss") + " |")


def write(store, path):
    seeds = len(store.all("log_loss", "trend", 12, 1, "gru"))
    cells = [[f, w, h] for f in FAMILIES for w in WINDOWS for h in HORIZONS]
    out = [INTRODUCTION.format(learn=LEARN, test=TEST, seeds=seeds)]
    names = ("gru", *PEERS)
    out.append("| family | window | horizon | log-loss: GRU | carried | logistic | LightGBM | macro-F1: GRU | carried | logistic |"
               " LightGBM | AUC: GRU | LightGBM | better: | CPU s: GRU | LightGBM | promoted |")
    out.append("| --- |" + " ---: |" * 12 + " --- | ---: | ---: | ---: |")
    best_loss = best_both = 0
    lost_loss, lost_f1 = [], []
    for cell in cells:
        loss, least = verdict(store, cell, "gru", "log_loss", -1)
        f1, most = verdict(store, cell, "gru", "macro_f1", 1)
        best_loss += least
        best_both += least and most
        lost_loss += [(cell, p) for p in loss]
        lost_f1 += [(cell, p) for p in f1]
        better = "; ".join(f"{m}: {', '.join(p)}" for m, p in (("log-loss", loss), ("F1", f1)) if p)
        promoted = store.all("promoted", *cell, "gru")
        out.append(f"| {cell[0]} | {cell[1]} | {cell[2]} | {figures(store, cell, names, 'log_loss')} |"
                   f" {figures(store, cell, names, 'macro_f1')} | {figures(store, cell, ('gru', 'lightgbm'), 'auc')} |"
                   f" {better} | {store.mean('cpu', *cell, 'gru'):.1f} | {store.mean('cpu', *cell, 'lightgbm'):.1f} |"
                   f" {sum(promoted)} of {len(promoted)} |")
    below = [(c, a) for c in cells for a in ("gru", "lstm", "tcn")
             for ours, rule in zip([r for r in store.rows if r["key"][:-1] == [*c, a]], store.all("log_loss", *c, "carry"))
             if ours["promoted"] and ours["log_loss"] > rule]
    out.append(f"\nOf {len(cells)} cells the GRU has the lowest log-loss in {best_loss}, and the highest macro-F1 as well in"
               f" {best_both}. A peer is better by more than a standard error in log-loss in"
               f" {len({tuple(c) for c, _ in lost_loss})} cells, in macro-F1 in {len({tuple(c) for c, _ in lost_f1})}."
               f" Promoted models with a higher log-loss on the test users than carrying forward: {len(below)}"
               f" {sorted({' '.join(map(str, c)) for c, _ in below})}.\n".replace(" []", ""))
    write_rare(out, store, sorted({tuple(c) for c, _ in lost_f1}, key=[tuple(c) for c in cells].index))
    write_observer(out, store)
    write_architectures(out, store, cells)
    write_ablation(out, store)
    notes = path.read_text().split("<!-- notes -->")[1] if path.exists() and "<!-- notes -->" in path.read_text() else "\n"
    path.write_text("\n".join(out) + "\n\n<!-- notes -->" + notes)


INTRODUCTION = """# Forecast of the trend's label

The label is that of the trend of the last `window` weeks, `horizon` weeks from now. {learn} users to learn from, of whom
each forecaster holds out a fifth, and {test} others to measure on; {seeds} seeds, each with users of its own. Options were
chosen by other seeds. Carried: today's label, its probabilities counted. Logistic regression (three penalties, the best on
the held-out users) and LightGBM (0.05, 15 leaves, stopped early) read the series and six numbers of the labeler. usercls
by defaults. AUC: mean over the classes. Better: peers that are better by more than a standard error of the difference
over the seeds. CPU of a training, the reading of its table included for usercls.
Written by bench/accuracy/forecast, up to the notes.
"""

if __name__ == "__main__":
    seeds, store, path = int(sys.argv[1]), Store(sys.argv[2]), pathlib.Path(sys.argv[3])
    only = [sys.argv[4], *map(int, sys.argv[5:])] if len(sys.argv) > 4 else []
    run(store, range(FIRST_SEED, FIRST_SEED + seeds), only)
    print_cell(store, only) if only else write(store, path)
