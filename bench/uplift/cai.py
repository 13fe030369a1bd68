"""Cai, de Janvry and Sadoulet (2015) as arrays: households, friendships, folds.

Features are what is known before the decision: covariates and the randomised arms other than the treatment.
`understanding` is left out (measured after the session), and so are `day` and `reveal`. Friends' treatment is no
feature either: arms were drawn within small areas, so it tells a household's own arm (correlation .25), and what
tells the arm would have to enter the propensity.
"""
import csv
import os

import numpy as np

COVARIATES = ("age agpop educ rice_inc ricearea_2010 disaster_loss insurance_repay insurance_buy disaster_prob "
              "general_trust male risk_averse literacy educ_good disaster_yes").split()
ARMS = "default info_takeup_rate info_takeup_list info_none delay".split()


def neighbour_mean(Z, edge):
    """Mean over distinct neighbours, either direction; NaN left out, NaN where there is none. And degrees."""
    pair = np.unique(np.sort(edge[edge[:, 0] != edge[:, 1]], 1), axis=0)
    pair = np.concatenate([pair, pair[:, ::-1]])
    known = ~np.isnan(Z)
    total, count = np.zeros(Z.shape), np.zeros(Z.shape)
    np.add.at(total, pair[:, 0], np.where(known, Z, 0)[pair[:, 1]])
    np.add.at(count, pair[:, 0], known[pair[:, 1]])
    with np.errstate(invalid="ignore"):
        mean = np.where(count > 0, total / count, np.nan)
    return mean, np.bincount(pair[:, 0], minlength=len(Z))


def write_experiment(folder, feature, edge, treated, outcome, fold, K):
    """What oof reads: users, edges, and in `fold` a row for each division into K folds."""
    os.makedirs(folder, exist_ok=True)
    for name, a, kind in [("feature.f32", feature, "f4"), ("edge.u32", edge, "u4"), ("treated.i8", treated, "i1"),
                          ("outcome.f32", outcome, "f4"), ("fold.i8", fold, "i1")]:
        np.ascontiguousarray(a, kind).tofile(os.path.join(folder, name))
    with open(os.path.join(folder, "sizes.txt"), "w") as f:
        print(len(feature), feature.shape[1], len(edge), len(fold), K, file=f)


class Experiment:
    def write(self, folder, edge=None):
        """With other edges than its own, if there are any."""
        write_experiment(folder, self.feature, self.edge if edge is None else edge, self.treated, self.outcome, self.fold, self.K)
        if hasattr(self, "relation"):
            self.relation.tofile(os.path.join(folder, "relation.u8"))


class Cai(Experiment):
    def __init__(self, folder, seeds, K):
        rows = list(csv.DictReader(open(os.path.join(folder, "households.csv"))))
        column = lambda name: np.array([float(r[name]) if r[name] else np.nan for r in rows])
        index = {r["id"]: i for i, r in enumerate(rows)}
        treated, outcome, delay = column("intensive"), column("takeup_survey"), column("delay")
        region = column("region")

        self.N, self.K = len(rows), K
        self.edge = np.array([[index[r["src"]], index[r["dst"]]]
                              for r in csv.DictReader(open(os.path.join(folder, "edges.csv")))], np.uint32)
        self.inside = (delay == 0) & ~np.isnan(treated) & ~np.isnan(outcome)
        self.treated = np.where(self.inside, treated, -1).astype(np.int8)
        self.outcome = np.where(self.inside, outcome, 0).astype(np.float32)
        self.village = np.array([r["village"] for r in rows])
        self.feature = np.concatenate([np.stack([column(c) for c in COVARIATES + ARMS], 1),
                                       np.stack([region == 2, region == 3], 1)], 1).astype(np.float32)
        self.fold = np.full((len(seeds), self.N), -1, np.int8)
        for s, seed in enumerate(seeds):
            rng = np.random.default_rng(seed)
            for t in (0, 1):  # folds have the same share of each arm and outcome
                for y in (0, 1):
                    who = rng.permutation(np.flatnonzero(self.inside & (treated == t) & (outcome == y)))
                    self.fold[s, who] = (np.arange(len(who)) + rng.integers(K)) % K
