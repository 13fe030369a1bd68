"""Does uplift_sd of an ensemble know where the uplift is wrong? Simulated mailings (simulate.py), whose true uplift is known.

usage: spread.py [seeds] [option=value ...]

Users of the test part are sorted by uplift_sd into fifths. Prints a Markdown table of means over seeds. Needs what builds the
extension, and numpy.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import simulate

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = TOP / "build/bench/uplift/oof"
FIFTHS = 5


def rank(a):
    return np.argsort(np.argsort(a))


def measure(seed, options):
    """Of each fifth mean uplift_sd, mean error and its spread; and of all users correlations and how many are within 2 sd."""
    data = simulate.mailing(seed)
    m = data.fold[0] == 0
    with tempfile.TemporaryDirectory() as folder:
        out, sd = pathlib.Path(folder) / "out.f64", pathlib.Path(folder) / "sd.f64"
        data.write(folder)
        subprocess.run([PROGRAM, folder, out, "folds=1", f"sd={sd}", *options], check=True, stdout=subprocess.DEVNULL)
        uplift, sd = np.fromfile(out)[m], np.fromfile(sd)[m]
    error = np.abs(uplift - data.truth[m])
    fifths = [(sd[part].mean(), error[part].mean()) for part in np.array_split(np.argsort(sd), FIFTHS)]
    return fifths, (np.corrcoef(sd, error)[0, 1], np.corrcoef(rank(sd), rank(error))[0, 1], (error < 2 * sd).mean())


def main():
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    subprocess.run(["make", "-s", "-C", TOP, PROGRAM.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    of_fifths, of_all = zip(*(measure(seed, sys.argv[2:] or ["ensemble=5"]) for seed in range(seeds)))
    print("| users by uplift_sd | mean uplift_sd | mean absolute error |\n| --- | --- | --- |")
    for i, (sd, error) in enumerate(np.mean(of_fifths, 0)):
        print(f"| fifth {i + 1} | {sd:.4f} | {error:.4f} |")
    pearson, spearman, within = np.mean(of_all, 0)
    print(f"\nCorrelation with the absolute error {pearson:.3f}, of ranks {spearman:.3f}; within 2 uplift_sd {within:.3f}; {seeds} seeds.")


main()
