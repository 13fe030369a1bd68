"""Cai 2015 out of fold: the uplift network beside two-model learners, in one run. Prints a Markdown table.

usage: run.py FOLDER_OF_CAI2015 [seeds] [option=value ...]

needs what builds the extension, and the Python packages numpy, scikit-learn, lightgbm and scikit-uplift.
"""
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from sklift.metrics import qini_auc_score

from cai import Cai, neighbour_mean
from learners import boosted, logistic, one, two

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDS = 5


def build():
    program = TOP / "build/bench/uplift/oof"
    subprocess.run(["make", "-s", "-C", TOP, program.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    return program


def network(program, data, folder, options):
    out = pathlib.Path(folder) / "out.f64"
    subprocess.run([program, folder, out, *options], check=True, stdout=subprocess.DEVNULL)
    return np.fromfile(out).reshape(len(data.fold), data.N)


def learner(model, data, Z):
    """Out of fold; missing values get the mean and a column that says so."""
    missing = np.isnan(Z)
    Z = np.concatenate([np.where(missing, np.nanmean(Z, 0), Z), missing[:, missing.any(0)]], 1)
    outcome, treated = data.outcome.astype(int), data.treated.astype(int)
    uplift = np.full((len(data.fold), data.N), np.nan)
    for s, fold in enumerate(data.fold):
        for k in range(data.K):
            learn = (fold >= 0) & (fold != k)
            fitted = model().fit(Z[learn], outcome[learn], treated[learn])
            uplift[s, fold == k] = fitted.predict(Z[fold == k])
    return uplift


LEARNERS = {"two logistic models": lambda: two(logistic), "two LightGBM models": lambda: two(boosted), "one LightGBM model": lambda: one(boosted)}


def row(name, data, uplift):
    m = data.inside
    q = [qini_auc_score(data.outcome[m].astype(int), u[m], data.treated[m].astype(int)) for u in uplift]
    print(f"| {name} | {np.mean(q):.4f} | {np.std(q):.4f} | {np.nanmean(uplift):.3f} |", flush=True)


def main():
    warnings.filterwarnings("ignore")
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    options = sys.argv[3:]
    data = Cai(sys.argv[1], range(seeds), FOLDS)
    m = data.inside
    arms = [data.outcome[m & (data.treated == arm)] for arm in (0, 1)]
    error = np.sqrt(sum(a.var(ddof=1) / len(a) for a in arms))
    print(f"Measured effect {arms[1].mean() - arms[0].mean():.4f}, standard error {error:.4f}; {seeds} seeds, {FOLDS} folds.\n")
    print("| learner | Qini | sd | mean uplift |\n| --- | --- | --- | --- |")

    rng = np.random.default_rng(0)
    X = data.feature.astype(float)
    M, _ = neighbour_mean(X, data.edge)
    for name, model in LEARNERS.items():
        row(f"{name}, own features", data, learner(model, data, X))
        row(f"{name}, with neighbours' means", data, learner(model, data, np.concatenate([X, M], 1)))
    row("two logistic models, with shuffled neighbours' means", data, learner(LEARNERS["two logistic models"], data, np.concatenate([X, M[rng.permutation(data.N)]], 1)))

    shuffled = rng.permutation(data.N)[data.edge]
    graphs = {"": data.edge, ", no edges": data.edge[:0], ", shuffled edges": shuffled}
    with tempfile.TemporaryDirectory() as folder:
        program = build()
        for graph, edge in graphs.items():
            data.write(folder, edge)
            for name, more in [("two_head", ["estimator=two_head"]), ("two_head, ensemble of 5", ["estimator=two_head", "ensemble=5"]),
                               ("partial_label", ["estimator=partial_label"]),
                               ("class_transform", ["estimator=class_transform"]),
                               ("partial_label, raw", ["estimator=partial_label", "corrected=false"]),
                               ("three_losses", ["estimator=three_losses"]),
                               ("three_losses, raw", ["estimator=three_losses", "corrected=false"])]:
                if graph == "" or name == "two_head":
                    row(f"network, {name}{graph}", data, network(program, data, folder, options + more))


main()
