"""Which form of relations a layer gets: attention layers in plain PyTorch, on simulate.py's graphs with three kinds of relation.

usage: relation_forms.py [seeds] [relations] [relations_apart] [form ...]

Trained as train_uplift trains with its defaults. Forms, R relations:
  joined      relations are not told apart
  within      each relation has its softmax, over its neighbours and the user; all matrices of its own; what is heard is added up
  shared      the same, with s and d shared: a score vector and a value matrix for each relation
  basis       the same, with value matrices that are combinations of two
  own         the same as shared, with the user as a relation of its own: its softmax is over it alone
  across      one softmax over all neighbours, with a bias of the scores and a value matrix for each relation
  diagonal    the same, with one value matrix, and a factor for each channel and relation
"""
import sys

import numpy as np
import torch

import simulate

H, L = 16, 2
FORMS = ["joined", "within", "shared", "own", "basis", "across", "diagonal"]


def both_ways(data, form):
    """source, target, relation of each entry, sorted and different; and the logarithm of degrees, N × R."""
    relation = data.relation.astype(np.int64) * (form != "joined")
    e = data.edge.astype(np.int64)
    rows = np.concatenate([np.stack([e[:, 0], e[:, 1], relation], 1), np.stack([e[:, 1], e[:, 0], relation], 1)])
    rows = np.unique(rows[rows[:, 0] != rows[:, 1]], axis=0)
    R = int(relation.max()) + 1
    degree = np.zeros((data.N, R))
    np.add.at(degree, (rows[:, 1], rows[:, 2]), 1)
    degree = np.log1p(degree)
    return rows.T, R, (degree - degree.mean(0)) / degree.std(0)


class Net(torch.nn.Module):
    def __init__(self, data, form):
        super().__init__()
        (source, target, relation), R, degree = both_ways(data, form)
        own = np.arange(data.N)
        self.form, self.R, self.N = form, R, data.N
        self.across = form in ("across", "diagonal")
        if self.across or form == "own":  # the user itself is a relation of its own
            loops = [(own, own, np.full(data.N, R))]
        else:
            loops = [(own, own, np.full(data.N, r)) for r in range(R)]
        S, T, Q = (np.concatenate([a, *(l[i] for l in loops)]) for i, a in enumerate((source, target, relation)))
        self.S, self.T, self.Q = (torch.from_numpy(a) for a in (S, T, Q))
        self.kinds = kinds = R + (self.across or form == "own")
        self.group = self.T if self.across else self.T * kinds + self.Q
        self.groups = data.N if self.across else data.N * kinds
        self.degree = torch.tensor(degree, dtype=torch.float32)
        F = data.feature.shape[1]
        self.x = torch.tensor((data.feature - data.feature.mean(0)) / data.feature.std(0))
        uniform = lambda *shape, scale=None: torch.nn.Parameter((2 * torch.rand(*shape) - 1) * (scale or shape[-1] ** -.5))
        zero = lambda *shape: torch.nn.Parameter(torch.zeros(*shape))
        self.input, self.input_bias = uniform(H, F), zero(H)
        self.head, self.head_bias = uniform(2, H), zero(2)
        pairs = kinds if form == "within" else 1
        values = {"basis": 2, "diagonal": 1}.get(form, kinds)
        P = torch.nn.ParameterList
        self.Ws, self.Wd = (P(uniform(pairs, H, H) for _ in range(L)) for _ in range(2))
        self.bs = P(zero(pairs, H) for _ in range(L))
        self.v = P(uniform(1 if self.across else kinds, H) for _ in range(L))
        self.V = P(uniform(values, H, H) for _ in range(L))
        self.b = P(zero(H) for _ in range(L))
        self.deg = P(zero(R, H) for _ in range(L))
        self.shift = P(zero(kinds) for _ in range(L))
        self.mix = P(torch.nn.Parameter(torch.eye(kinds, 2) + .5 if form == "basis" else torch.ones(kinds, H)) for _ in range(L))

    def values(self, l, h):
        """N × kinds × H."""
        if self.form == "basis":
            return torch.einsum("rb,bij,nj->nri", self.mix[l], self.V[l], h)
        if self.form == "diagonal":
            return (h @ self.V[l][0].T)[:, None] * self.mix[l]
        return torch.einsum("rij,nj->nri", self.V[l], h)

    def forward(self, drop=0., drop_edges=0.):
        dropout = lambda h: torch.nn.functional.dropout(h, drop) if drop else h
        h = self.x @ self.input.T + self.input_bias
        for l in range(L):
            g = dropout(h)
            s = torch.einsum("rij,nj->nri", self.Ws[l], g) + self.bs[l]
            d = torch.einsum("rij,nj->nri", self.Wd[l], g)
            pick = (lambda a, i: a.flatten(0, 1).index_select(0, i * self.kinds + self.Q)) if self.form == "within" else (
                lambda a, i: a[:, 0].index_select(0, i))
            v = self.v[l] if self.across else self.v[l].index_select(0, self.Q)
            e = (torch.tanh(pick(s, self.T) + pick(d, self.S)) * v).sum(1)
            if self.across:
                e = e + self.shift[l].index_select(0, self.Q)
            p = (e - e.max().detach()).exp()
            alpha = p / torch.zeros(self.groups).index_add(0, self.group, p).index_select(0, self.group)
            if drop_edges:
                alpha = torch.nn.functional.dropout(alpha, drop_edges)
            value = self.values(l, g).flatten(0, 1).index_select(0, self.S * self.kinds + self.Q)
            heard = torch.zeros(self.N, H).index_add(0, self.T, alpha[:, None] * value)
            h = h + torch.tanh(heard + self.degree @ self.deg[l] + self.b[l])
        return dropout(h) @ self.head.T + self.head_bias


def train(data, form, seed):
    torch.manual_seed(seed)
    net = Net(data, form)
    rng = np.random.default_rng(seed + 77)
    learn = data.fold[0] == 1
    held = learn & (rng.random(data.N) < .2)
    treated, outcome = torch.tensor(data.treated).bool(), torch.tensor(data.outcome)
    target = torch.where(treated, outcome, 1 - outcome)

    def loss(logit, users):
        return torch.nn.functional.binary_cross_entropy_with_logits(torch.where(treated, logit[:, 0], logit[:, 1])[users], target[users])

    fit, held = torch.tensor(learn & ~held), torch.tensor(held)
    decay = [p for p in net.parameters() if p.dim() > 1]
    plain = [p for p in net.parameters() if p.dim() == 1]
    step = torch.optim.AdamW([{"params": decay, "weight_decay": 1.}, {"params": plain, "weight_decay": 0.}], lr=.01)
    best, waited, kept = np.inf, 0, None
    for epoch in range(300):
        step.zero_grad()
        loss(net(.5, .3), fit).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
        step.step()
        with torch.no_grad():
            logit = net()
            now = loss(logit, held).item()
        waited += 1
        if now < best:
            best, waited, kept = now, 0, torch.sigmoid(logit).sum(1).numpy() - 1
        if waited == 30:
            break
    return kept


def main():
    torch.set_num_threads(1)
    seeds = next((int(a) for a in sys.argv[1:] if a.isdigit()), 3)
    forms = [a for a in sys.argv[1:] if a in FORMS] or FORMS
    kinds = ("relations", "relations_apart")
    for kind in [a for a in sys.argv[1:] if a in kinds] or kinds:
        rows = {form: [] for form in forms}
        for seed in range(seeds):
            data = simulate.relations(seed, kind == "relations_apart", learn=5000, test=2000)
            test = data.fold[0] == 0
            for form in forms:
                rows[form].append(simulate.captured(data.truth[test], train(data, form, seed)[test]))
                print(f"# {kind} {seed} {form}: {rows[form][-1]:.4f}", file=sys.stderr, flush=True)
        print(f"\n{kind}, {seeds} seeds\n\n| form | captured | se |\n| --- | --- | --- |")
        for form, a in rows.items():
            print(f"| {form} | {np.mean(a):.4f} | {np.std(a, ddof=1) / seeds ** .5:.4f} |", flush=True)


main()
