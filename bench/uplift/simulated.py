"""Simulated experiments (simulate.py) by the network and by scikit-uplift's learners, in one run. Prints Markdown tables.

usage: simulated.py [mailing] [network] [spending] [habits] [relations] [relations_apart] [seeds]

`captured` is the area between the true gain by a learner's ranking and at random, as a share of the best ranking's: the
true uplift is known, so it has no noise of the test part. Where outcomes are numbers (spending), root PEHE is the root
mean square of predicted less true uplift. Needs what run.py needs, and lightgbm;
habits a database with the extension, which bench/uplift/habits starts.
"""
import pathlib
import resource
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.linear_model import Ridge
from sklift.metrics import qini_auc_score

import simulate
from cai import neighbour_mean
from learners import boosted, logistic, one, two

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bench/uplift/oof"


def used_cpu():
    return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def learner(model):
    def predict(data, Z, folder):
        learn = data.fold[0] == 1
        fitted = model().fit(Z[learn], data.outcome[learn].astype(int), data.treated[learn].astype(int))
        return fitted.predict(Z)

    return predict


def network(*options):
    def predict(data, Z, folder):
        out = pathlib.Path(folder) / "out.f64"
        subprocess.run([PROGRAM, folder, out, "folds=1", *options], check=True, stdout=subprocess.DEVNULL)
        return np.fromfile(out)

    return predict


def all_users_a_step(data, Z, folder):
    """What trainings without edges were: a graph of self-loops, of which every step sees all users."""
    loops = pathlib.Path(folder) / "loops"
    data.write(loops, edge=np.zeros((1, 2)))
    return network()(data, Z, loops)


def of_numbers(make):
    """A model for each arm, and the difference of what they predict."""
    def predict(data, Z, folder):
        learn = data.fold[0] == 1
        treated, control = (make().fit(Z[learn & (data.treated == arm)], data.outcome[learn & (data.treated == arm)]) for arm in (1, 0))
        return treated.predict(Z) - control.predict(Z)

    return predict


def by_relation(predict):
    """A learner that is told means and numbers of the neighbours of each relation."""
    def told(data, Z, folder):
        parts = [data.feature]
        for r in range(len(simulate.KINDS)):
            mean, degree = neighbour_mean(data.feature.astype(float), data.edge[data.relation == r])
            parts += [np.nan_to_num(mean), np.log1p(degree)[:, None]]
        return predict(data, np.concatenate(parts, 1), folder)

    return told


BINARY = {"two logistic models": learner(lambda: two(logistic)), "two LightGBM models": learner(lambda: two(boosted)),
          "one LightGBM model": learner(lambda: one(boosted))}
NUMBERS = {"two ridge models": of_numbers(Ridge),
           "two LightGBM models": of_numbers(lambda: LGBMRegressor(num_leaves=8, n_jobs=1, verbose=-1))}
RELATIONS = {"two logistic models": BINARY["two logistic models"], "two LightGBM models": BINARY["two LightGBM models"],
             "two logistic models, by relation": by_relation(BINARY["two logistic models"]),
             "two LightGBM models, by relation": by_relation(BINARY["two LightGBM models"]),
             "network": network(), "network, relations": network("relations=3"),
             "network, relations, samples of 512 users": network("relations=3", "batch=512")}
LEARNERS = {
    "mailing": {**BINARY, "network": network(), "network, ensemble of 5": network("ensemble=5"),
                "network, a step on all users": all_users_a_step},
    "network": {**BINARY, "network, whole graph": network(), "network, samples of 512 users": network("batch=512")},
    "spending": {**NUMBERS, "network, attention+sum": network("outcome=number", "aggregate=attention+sum"),
                 "network, sum": network("outcome=number", "aggregate=sum"),
                 "network, attention (no sums)": network("outcome=number")},
    "habits": {**BINARY, "network": network()},
    "relations": RELATIONS,
    "relations_apart": RELATIONS,
}


def inputs(kind, data):
    """Own features and, where there are edges, means or sums of the neighbours' and how many these are."""
    if len(data.edge) == 0:
        return data.feature
    mean, degree = neighbour_mean(data.feature.astype(float), data.edge)
    heard, count = np.nan_to_num(mean), np.log1p(degree)
    if kind == "spending":
        heard, count = heard * degree[:, None], degree
    return np.concatenate([data.feature, heard, count[:, None]], 1)


def figures(kind, data, u, m):
    """Of predicted uplift u of the test part m."""
    if kind == "spending":
        return np.sqrt(np.mean((u - data.truth[m]) ** 2)), np.corrcoef(u, data.truth[m])[0, 1]
    return simulate.captured(data.truth[m], u), qini_auc_score(data.outcome[m].astype(int), u, data.treated[m].astype(int))


def variants(kind, data):
    """The experiment as learners see it, by what their names say of it."""
    if kind != "habits":
        return {"": data}
    import habits

    return {", " + what: seen for what, seen in habits.variants(data).items()}


def measure_seen(rows, kind, seed, what, data):
    Z = inputs(kind, data)
    m = data.fold[0] == 0
    with tempfile.TemporaryDirectory() as folder:
        data.write(folder)
        for learner_name, predict in LEARNERS[kind].items():
            before, name = used_cpu(), learner_name + what
            u = predict(data, Z, folder)[m]
            cpu = used_cpu() - before
            rows.setdefault(name, []).append((*figures(kind, data, u, m), cpu))
            print(f"# {kind} {seed} {name}: {rows[name][-1]}", file=sys.stderr, flush=True)


def measure(kind, seeds):
    rows = {}
    for seed in range(seeds):
        for what, data in variants(kind, getattr(simulate, kind)(seed)).items():
            measure_seen(rows, kind, seed, what, data)
    return rows


def main():
    warnings.filterwarnings("ignore")
    kinds = [a for a in sys.argv[1:] if a in LEARNERS] or ["mailing", "network", "spending"]
    seeds = next((int(a) for a in sys.argv[1:] if a.isdigit()), 5)
    subprocess.run(["make", "-s", "-C", TOP, PROGRAM.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    for kind in kinds:
        measures = "root PEHE | se | correlation" if kind == "spending" else "captured | se | Qini"
        print(f"\n{kind}, {seeds} seeds\n\n| learner | {measures} | se | CPU s |\n| --- | --- | --- | --- | --- | --- |")
        for name, rows in measure(kind, seeds).items():
            a = np.array(rows)
            mean, se = a.mean(0), a.std(0, ddof=1 if seeds > 1 else 0) / np.sqrt(seeds)
            print(f"| {name} | {mean[0]:.4f} | {se[0]:.4f} | {mean[1]:.4f} | {se[1]:.4f} | {mean[2]:.1f} |", flush=True)


main()
