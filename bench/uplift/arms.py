"""An experiment of three arms whose best policy is known: regret of the uplift network beside scikit-uplift's learners.

usage: arms.py [seeds] [users] [option=value ...]

Prints a Markdown table. The value of a response is 1, and treatments cost .03 and .01. Regret is what a policy is worth less than
the best one, a user, by the true chances to respond; all learners decide out of fold, on the same two folds.

needs what builds the extension, and the Python packages numpy, scikit-learn, lightgbm and scikit-uplift.
"""
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np

from cai import write_experiment
from learners import boosted, logistic, one, two

TOP = pathlib.Path(__file__).resolve().parents[2]
COST = np.array([0.03, 0.01])


def simulate(seed, users):
    """Features, arm, outcome, and the true uplift by each treatment. The second e-mail helps where the first does not, and harms some."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(users, 6))
    base = 1 / (1 + np.exp(-(-2 + 0.7 * x[:, 0] - 0.4 * x[:, 1] + 0.3 * x[:, 0] * x[:, 2])))
    first = 0.16 / (1 + np.exp(-2.5 * x[:, 3])) - 0.02
    second = 0.16 / (1 + np.exp(2.5 * x[:, 3] + 1.5 * x[:, 4])) - 0.04
    effect = np.stack([first, second], 1)
    p = np.clip(np.concatenate([base[:, None], base[:, None] + effect], 1), 0.001, 0.999)
    arm = rng.integers(0, 3, users)
    outcome = rng.random(users) < p[np.arange(users), arm]
    return x, arm, outcome.astype(int), p[:, 1:] - p[:, :1]


def network(program, x, arm, outcome, fold, options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_experiment(folder, x, np.empty((0, 2)), arm, outcome, fold[None], 2)
        subprocess.run([program, folder, folder / "out.f64", "treatments=2", *options], check=True, stdout=subprocess.DEVNULL)
        return np.fromfile(folder / "out.f64").reshape(len(x), 2)


def learner(make, x, arm, outcome, fold):
    """One model for each treatment, of its users and those of the control."""
    uplift = np.empty((len(x), 2))
    for k in (0, 1):
        for treatment in (1, 2):
            learn = (fold != k) & ((arm == 0) | (arm == treatment))
            model = make().fit(x[learn], outcome[learn], (arm[learn] == treatment).astype(int))
            uplift[fold == k, treatment - 1] = model.predict(x[fold == k])
    return uplift


def worth(uplift, true):
    """Of the decision by these uplifts, a user."""
    gain = uplift - COST
    best = gain.argmax(1)
    users = np.arange(len(true))
    return np.where(gain[users, best] > 0, (true - COST)[users, best], 0).mean()


def trees():
    return boosted(rate=0.05, leaves=15, min_child_samples=100)


LEARNERS = {"two models, logistic regression": lambda: two(logistic), "two models, LightGBM": lambda: two(trees),
            "one model, logistic regression": lambda: one(logistic), "one model, LightGBM": lambda: one(trees)}


def main():
    warnings.filterwarnings("ignore")
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    users = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    program = TOP / "build/bench/uplift/oof"
    subprocess.run(["make", "-s", "-C", TOP, program.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    regret, best = {}, []
    for seed in range(seeds):
        x, arm, outcome, true = simulate(seed, users)
        fold = np.random.default_rng(1000 + seed).integers(0, 2, users)
        most = worth(true, true)
        best.append(most)
        policies = {"best single arm": max(0, (true - COST).mean(0).max())}
        policies["network, a head for each arm"] = worth(network(program, x, arm, outcome, fold, sys.argv[3:]), true)
        for name, make in LEARNERS.items():
            policies[name] = worth(learner(make, x, arm, outcome, fold), true)
        for name, value in policies.items():
            regret.setdefault(name, []).append(most - value)
    print(f"The best policy is worth {np.mean(best):.4f} a user; {seeds} seeds, {users} users.\n")
    print("| policy | regret | sd | of the best single arm's |\n| --- | --- | --- | --- |")
    for name, values in regret.items():
        share = np.mean(values) / np.mean(regret["best single arm"])
        print(f"| {name} | {np.mean(values):.4f} | {np.std(values):.4f} | {share:.2f} |")


main()
