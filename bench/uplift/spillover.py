"""What treated friends do: Cai 2015 beside the published figures, and simulated experiments beside other intervals. Prints Markdown.

usage: spillover.py FOLDER_OF_CAI2015 [experiments]

needs what builds the extension, and the Python packages numpy and scipy.
"""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from scipy import sparse

from cai import COVARIATES

TOP = pathlib.Path(__file__).resolve().parents[2]


def build():
    program = TOP / "build/bench/uplift/spillover"
    subprocess.run(["make", "-s", "-C", TOP, program.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    return program


def spillover(program, feature, arm, outcome, edge, exposure, group=None):
    """{(among, effect): (estimate, standard error, users)}; edge: friend, listener."""
    with tempfile.TemporaryDirectory() as folder:
        for name, a, kind in [("feature.f32", feature, "f4"), ("arm.i8", arm, "i1"), ("outcome.f32", outcome, "f4"),
                              ("edge.u32", edge, "u4"), ("group.u32", [] if group is None else group, "u4")]:
            np.ascontiguousarray(a, kind).tofile(os.path.join(folder, name))
        with open(os.path.join(folder, "sizes.txt"), "w") as f:
            print(len(arm), feature.shape[1], len(edge), 0 if group is None else max(group) + 1, file=f)
        out = subprocess.run([program, folder, exposure], check=True, capture_output=True, text=True).stdout
    return {tuple(line.split()[:2]): [float(v) for v in line.split()[2:]] for line in out.splitlines()}


def insurance(program, folder):
    """First-round households are in the experiment; those of the second round are others, who came when friends had been there."""
    rows = list(csv.DictReader(open(os.path.join(folder, "households.csv"))))
    column = lambda name: np.array([float(r[name]) if r[name] else np.nan for r in rows])
    numbered = lambda name: np.unique([r[name] for r in rows], return_inverse=True)[1]
    index = {r["id"]: i for i, r in enumerate(rows)}
    named = np.array([[index[r["dst"]], index[r["src"]]] for r in csv.DictReader(open(os.path.join(folder, "edges.csv")))])
    first, intensive, outcome = column("delay") == 0, column("intensive"), column("takeup_survey")
    village = np.eye(47)[numbered("village")]
    covariates = [column(c) for c in COVARIATES + ["default"]]
    feature = np.concatenate([np.stack(covariates + [~first & (intensive == 1)], 1), village], 1)
    arm = np.where(first, intensive, -1)
    untold = np.where(first | (column("info_none") == 1), outcome, np.nan)
    either = np.concatenate([named, named[:, ::-1]])

    print("| effect | among | friends | estimate | se, drawn alone | se, by address | users |\n| --- | --- | --- | --- | --- | --- | --- |")
    for friends, edge, exposure, y, second in [("share of those named", named, "share", outcome, "second round"),
                                               ("share of those named", named, "share", untold, "second round, not told of others"),
                                               ("number of those named", named, "number", untold, "second round, not told of others"),
                                               ("share, either direction", either, "share", untold, "second round, not told of others")]:
        alone = spillover(program, feature, arm, y, edge, exposure)
        address = spillover(program, feature, arm, y, edge, exposure, numbered("address"))
        for key in alone:
            if key[0] == "others" or y is outcome:
                estimate, error, users = alone[key]
                among = second if key[0] == "others" else "first round"
                print(f"| {key[1]} | {among} | {friends} | {estimate:.4f} | {error:.4f} | {address[key][1]:.4f} | {users:.0f} |", flush=True)


def world(rng, N):
    """Friends are alike in what nobody knows; a third is outside, and rather those with a high place."""
    place = (np.arange(N) + 0.5) / N * 2 - 1
    i = np.where(rng.random(3 * N) < 0.1, rng.integers(0, N // 50, 3 * N) * 50, rng.integers(0, N, 3 * N))
    j = np.rint(i + 15 * rng.normal(size=3 * N)).astype(int)
    keep = (j >= 0) & (j < N) & (j != i)
    edge = np.unique(np.concatenate([np.stack([i, j], 1)[keep], np.stack([j, i], 1)[keep]]), axis=0)
    arm = np.where(rng.random(N) < 0.3 + 0.2 * place, -1, rng.random(N) < 0.4)
    feature = (place + rng.normal(size=N))[:, None]
    return 2 * np.sin(20 * place) + 2 * place, edge, arm, feature


def others_errors(y, arm, A, feature):
    """Standard errors of the spillover by the same least squares: users independent; all pairs at a distance up to 2 (NaN: negative)."""
    N, who, drawn = len(y), arm >= 0, arm >= 0
    share = (arm[drawn] == 1).mean()
    D = ((arm == 1) - share) * drawn
    degree = np.asarray(A.sum(1))[:, 0]
    W = sparse.diags(1 / np.maximum(degree, 1)) @ A
    X = np.stack([np.ones(N), W @ drawn, degree > 0, degree, np.log1p(degree), feature[:, 0], D, W @ D], 1)[who]
    bread = np.linalg.pinv(X.T @ X)
    e = y[who] - X @ (bread @ X.T @ y[who])
    score = (X * e[:, None]) @ bread[:, -1]
    near = A[who][:, who]
    near = ((A[who] @ A[:, who]) + near + sparse.eye(who.sum())) > 0
    square = score @ (near @ score)
    return np.sqrt((score ** 2).sum()), np.sqrt(square) if square > 0 else np.nan


def simulated(program, experiments, N=2000, truth=2.0):
    rng, holds, negative = np.random.default_rng(1), np.zeros(3), 0
    for _ in range(experiments):
        hidden, edge, arm, feature = world(rng, N)
        A = sparse.csr_matrix((np.ones(len(edge)), (edge[:, 1], edge[:, 0])), (N, N))
        treated = (A @ (arm == 1)) / np.maximum(np.asarray(A.sum(1))[:, 0], 1)
        y = hidden + rng.normal(size=N) + (arm == 1) + truth * treated
        estimate, error, _ = spillover(program, feature, arm, y, edge, "share")["experiment", "spillover"]
        errors = np.array([error, *others_errors(y, arm, A, feature)])
        negative += np.isnan(errors[2])
        holds += abs(estimate - truth) <= 1.96 * errors
    print("\n| experiments | by draws | users independent | pairs at a distance up to 2 | of these negative |\n| --- | --- | --- | --- | --- |")
    print(f"| {experiments} | " + " | ".join(f"{100 * h / experiments:.1f} %" for h in holds) + f" | {negative} |")


def main():
    program = build()
    insurance(program, sys.argv[1])
    simulated(program, int(sys.argv[2]) if len(sys.argv) > 2 else 500)


main()
