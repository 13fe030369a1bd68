"""What an ensemble gains, and whether uplift_sd knows where the uplift is wrong: simulated mailings (simulate.py), whose true uplift is known.

usage: spread.py [seeds] [learn=n] [option=value ...]

learn: users to learn from (64000). Of the test part, sorted by uplift_sd into fifths. Prints Markdown tables of means over seeds.
Needs what builds the extension, and numpy.
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
TEST = 16000


def rank(a):
    return np.argsort(np.argsort(a))


def run(folder, options):
    out, sd = pathlib.Path(folder) / "out.f64", pathlib.Path(folder) / "sd.f64"
    subprocess.run([PROGRAM, folder, out, "folds=1", f"sd={sd}", *options], check=True, stdout=subprocess.DEVNULL)
    return np.fromfile(out), np.fromfile(sd)


def measure(seed, learn, options):
    """Of one network and of the ensemble the captured share and the error; of each fifth uplift_sd and error; of all correlations."""
    data = simulate.mailing(seed, learn, TEST)
    m = data.fold[0] == 0
    truth = data.truth[m]
    with tempfile.TemporaryDirectory() as folder:
        data.write(folder)
        one, _ = run(folder, options)
        several, sd = run(folder, ["ensemble=5", *options])
    one, several, sd = one[m], several[m], sd[m]
    error = np.abs(several - truth)
    gains = [(simulate.captured(truth, u), np.sqrt(np.mean((u - truth) ** 2))) for u in (one, several)]
    fifths = [(sd[part].mean(), error[part].mean()) for part in np.array_split(np.argsort(sd), FIFTHS)]
    return gains, fifths, (np.corrcoef(sd, error)[0, 1], np.corrcoef(rank(sd), rank(error))[0, 1], (error < 2 * sd).mean())


def main():
    seeds = next((int(a) for a in sys.argv[1:] if a.isdigit()), 3)
    learn = next((int(a[6:]) for a in sys.argv[1:] if a.startswith("learn=")), 64000)
    options = [a for a in sys.argv[1:] if not a.isdigit() and not a.startswith("learn=")]
    subprocess.run(["make", "-s", "-C", TOP, PROGRAM.relative_to(TOP)], check=True, stdout=subprocess.DEVNULL)
    gains, fifths, of_all = (np.array(a) for a in zip(*(measure(seed, learn, options) for seed in range(seeds))))
    print(f"{learn} users to learn from, {seeds} seeds\n\n| networks | captured | se | root mean squared error |\n| --- | --- | --- | --- |")
    for name, a in zip(("one", "ensemble of 5"), gains.transpose(1, 0, 2)):
        print(f"| {name} | {a[:, 0].mean():.4f} | {a[:, 0].std(ddof=1) / np.sqrt(seeds):.4f} | {a[:, 1].mean():.4f} |")
    print("\n| users by uplift_sd | mean uplift_sd | mean absolute error |\n| --- | --- | --- |")
    for i, (sd, error) in enumerate(fifths.mean(0)):
        print(f"| fifth {i + 1} | {sd:.4f} | {error:.4f} |")
    pearson, spearman, within = of_all.mean(0)
    print(f"\nCorrelation with the absolute error {pearson:.3f}, of ranks {spearman:.3f}; within 2 uplift_sd {within:.3f}.")


main()
