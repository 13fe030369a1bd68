"""Experiments that are made up, so that each user's true uplift is known."""
import numpy as np

from cai import Experiment, neighbour_mean


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Simulated(Experiment):
    """What Cai is, and `truth`: the uplift of each user. Fold 0 is the test part, fold 1 is learned from."""

    def __init__(self, feature, edge, p0, p1, seed, test, noise=None):
        """p0, p1: the chance to respond untreated and treated; with noise the means of outcomes that are numbers."""
        rng = np.random.default_rng(10000 + seed)
        self.N, self.K = len(feature), 2
        self.feature, self.edge = feature.astype(np.float32), edge.astype(np.uint32)
        self.truth = p1 - p0
        self.treated = (rng.random(self.N) < 0.5).astype(np.int8)
        mean = np.where(self.treated, p1, p0)
        outcome = rng.random(self.N) < mean if noise is None else mean + rng.normal(0, noise, self.N)
        self.outcome = outcome.astype(np.float32)
        self.inside = np.ones(self.N, bool)
        self.fold = (rng.random(self.N) >= test).astype(np.int8)[None]


def mailing(seed, learn=64000, test=16000):
    """Customers who got an e-mail or none, and visited the shop or not: no graph. The effect bends with what they bought."""
    rng = np.random.default_rng(seed)
    N = learn + test
    recency = rng.integers(1, 13, N)
    history = rng.lognormal(5, 1, N)
    mens, womens, newbie = (rng.random(N) < share for share in (.55, .55, .5))
    zip_code, channel = rng.choice(3, N, p=[.15, .45, .4]), rng.choice(3, N, p=[.12, .44, .44])
    log = np.log(history / 150)
    z = -2.1 - .09 * (recency - 6) + .25 * log - .5 * newbie + .3 * (zip_code == 0) + .3 * mens * (log > 0) - .2 * (channel == 1)
    p0 = sigmoid(z)
    effect = .015 + .06 * womens - .04 * (recency > 9) + .05 * np.tanh(log) * womens - .03 * newbie * (channel == 2)
    p1 = np.clip(p0 + effect, .002, .998)
    one_hot = lambda c: np.eye(3)[c]
    feature = np.concatenate([np.stack([recency, history, mens, womens, newbie], 1), one_hot(zip_code), one_hot(channel)], 1)
    return Simulated(feature, np.zeros((0, 2)), p0, p1, seed, test / N)


def friends(rng, N, degree):
    """Edges by pairs: half among the users of one's own quarter, a part to the popular."""
    E = N * degree // 2
    popular = rng.pareto(2.5, N) + 1
    source = rng.choice(N, E, p=popular / popular.sum())
    quarter = 200
    near = np.minimum(source // quarter * quarter + rng.integers(0, quarter, E), N - 1)
    target = np.where(rng.random(E) < .6, near, rng.choice(N, E, p=popular / popular.sum()))
    return np.stack([source, target], 1)


def network(seed, learn=200000, test=40000, response=.015, degree=10):
    """Users with friends, of whom few respond. The effect depends on what a user is and on what the friends are."""
    rng = np.random.default_rng(seed)
    N = learn + test
    edge = friends(rng, N, degree)
    quarter = np.repeat(rng.normal(size=N // 200 + 1), 200)[:N]
    feature = rng.normal(size=(N, 10))
    feature[:, :3] = .8 * feature[:, :3] + .6 * quarter[:, None]
    mean, degrees = neighbour_mean(feature, edge)
    mean = np.nan_to_num(mean)
    far, _ = neighbour_mean(mean, edge)
    spread = lambda a: (a - a.mean()) / a.std()
    m = [spread(mean[:, k]) for k in range(5)]
    f = spread(np.nan_to_num(far)[:, 3])
    z = np.log(response * .6) + .5 * feature[:, 0] + .4 * feature[:, 5] + .4 * m[1] + .2 * np.log1p(degrees) - .5
    push = .45 + .5 * m[0] + .4 * feature[:, 3] + .3 * np.maximum(m[2], 0) + .3 * f - .3 * (feature[:, 7] > 1)
    return Simulated(feature, edge, sigmoid(z), sigmoid(z + push), seed, test / N)


def spending(seed, learn=7000, test=3000, degree=8):
    """What users spend, and what a coupon adds to it: linear in their features and in the sums of their friends'."""
    rng = np.random.default_rng(seed)
    N = learn + test
    edge = friends(rng, N, degree)
    feature = rng.normal(size=(N, 5))
    mean, degrees = neighbour_mean(feature, edge)
    total = np.nan_to_num(mean) * degrees[:, None]
    y0 = 50 + 10 * feature[:, 0] + 5 * total[:, 1]
    return Simulated(feature, edge, y0, y0 + 20 + 5 * feature[:, 2] + 8 * total[:, 0], seed, test / N, noise=5)


KINDS = ["friend", "colleague", "follows"]


def relations(seed, apart=False, learn=8000, test=4000, degree=4):
    """Users with three kinds of relation (`relation` is that of each edge). Friends' mean moves the effect; with `apart`
    colleagues' mean of the same feature moves it the other way, and the number of those one follows as well."""
    rng = np.random.default_rng(seed)
    N = learn + test
    feature = rng.normal(size=(N, 6))
    kind = [friends(rng, N, degree) for _ in KINDS]
    spread = lambda a: (a - a.mean()) / a.std()
    mean = [spread(np.nan_to_num(neighbour_mean(feature, edge)[0])) for edge in kind]
    many = spread(np.log1p(neighbour_mean(feature, kind[2])[1]))
    z = -.6 + .5 * feature[:, 0] + .3 * mean[0][:, 2]
    push = .4 + .7 * mean[0][:, 1] + .3 * feature[:, 3]
    if apart:
        push = push - .7 * mean[1][:, 1] + .3 * many
    data = Simulated(feature, np.concatenate(kind), sigmoid(z), sigmoid(z + push), seed, test / N)
    data.relation = np.repeat(np.arange(len(KINDS)), [len(edge) for edge in kind]).astype(np.uint8)
    return data


def relations_apart(seed):
    return relations(seed, apart=True)


def habits(seed, learn=12000, test=4000, weeks=16):
    """Customers with friends, and what they `spend` week by week. An offer moves who spends less and less, and whose friends do. The
    features do not say it: what a customer spends in all, who buys anyway, a little of the effect, and noise."""
    rng = np.random.default_rng(seed)
    N = learn + test
    edge = friends(rng, N, 8)
    quarter = np.repeat(rng.normal(size=N // 200 + 1), 200)[:N]
    slope = .8 * rng.normal(size=N) + .6 * quarter
    week = np.arange(weeks) - (weeks - 1) / 2
    level = rng.lognormal(3, .5, N)
    spend = level[:, None] * np.maximum(1 + .05 * slope[:, None] * week, .1) * rng.gamma(6, 1 / 6, (N, weeks))
    feature = np.concatenate([np.log(spend.mean(1))[:, None], rng.normal(size=(N, 4))], 1)
    around = np.nan_to_num(neighbour_mean(slope[:, None], edge)[0])[:, 0]
    spread = lambda a: (a - a.mean()) / a.std()
    p0 = sigmoid(-1.4 + .3 * spread(feature[:, 0]) + .4 * feature[:, 1])
    effect = .04 + .02 * feature[:, 2] - .07 * np.tanh(spread(slope)) - .07 * np.tanh(spread(around))
    data = Simulated(feature, edge, p0, np.clip(p0 + effect, .002, .998), seed, test / N)
    data.spend = spend
    return data


def captured(truth, uplift):
    """Area between the true gain by this ranking and at random, of that of the best ranking."""
    area = lambda order: (np.cumsum(truth[order]) - truth.sum() * np.arange(1, len(truth) + 1) / len(truth)).sum()
    return area(np.argsort(-uplift, kind="stable")) / area(np.argsort(-truth, kind="stable"))
