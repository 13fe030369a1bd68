"""The users of bench/accuracy/forecast: families of them, the labeler's rule, and who knows more than any forecaster."""

import math

import numpy as np
from scipy.stats import norm

PERIODS = 64
FUTURES = 100  # that the oracle draws for each user
DRAWS = 400  # that the observer does


# ---- Families: users × periods, NaN where a user has no row ----
# Each draws what a user is like from rng once, and answers draw(n, w, rng): values of the periods w for users of these
# kinds, n draws of each (users × n × periods). walk alone depends on the value before: it is drawn by its steps.


def trend(n, w, rng):
    u, level = rng.integers(0, 10**6, (n, 1)), rng.integers(0, 64, (n, 1))

    def draw(w, noise):
        return 100 + level + 20 * np.sin(w / 4 + u) + (u % 5 - 2) * w * 0.6 + noise
    future = lambda w, rng: draw(w, 0)[:, None] + rng.integers(0, 64, (n, FUTURES, w.shape[1]))
    return draw(w, rng.integers(0, 64, (n, w.size))), future


def season(n, w, rng):
    cycle, phase = rng.choice([8, 13, 26, 52], (n, 1)), rng.random((n, 1))
    level, size = rng.integers(0, 64, (n, 1)), rng.uniform(5, 40, (n, 1))

    def draw(w):
        return 100 + level + size * np.sin(2 * np.pi * (w / cycle + phase))
    future = lambda w, rng: draw(w)[:, None] + rng.normal(0, 8, (n, FUTURES, w.shape[1]))
    return draw(w) + rng.normal(0, 8, (n, w.size)), future


def noise(n, w, rng):
    level = rng.normal(3, 1, (n, 1))
    future = lambda w, rng: np.exp(level[:, None] + rng.normal(0, 0.5, (n, FUTURES, w.shape[1])))
    return np.exp(level + rng.normal(0, 0.5, (n, w.size))), future


def walk(n, w, rng):
    steps, drift, level = rng.normal(0, 0.15, (n, w.size)), rng.normal(0, 0.02, (n, 1)), rng.normal(4, 1, (n, 1))
    path = level + np.cumsum(steps + drift, 1)

    def future(w, rng):
        more = rng.normal(0, 0.15, (n, FUTURES, w.shape[1])) + drift[:, None]
        return np.exp(path[:, w[0, 0] - 1, None, None] + np.cumsum(more, 2))
    return np.exp(path), future


def counts(n, w, rng):
    level, slope, middle = rng.normal(0, 0.8, (n, 1)), rng.normal(0, 0.03, (n, 1)), w.size / 2

    def rate(w):
        return np.exp(level + slope * (w - middle))
    bought = rng.poisson(rate(w))
    future = lambda w, rng: rng.poisson(rate(w)[:, None], (n, FUTURES, w.shape[1])).astype(float)
    return np.where(bought > 0, bought, np.nan), future


def retail(n, w, rng):
    """Customers come and go, and buy by the season; as the demo's."""
    born, life, level = rng.uniform(0, 0.6 * w.size, (n, 1)), rng.exponential(60, (n, 1)), rng.normal(-0.3, 0.8, (n, 1))

    def rate(w):
        return np.exp(level) * (1 + 0.5 * np.sin(2 * np.pi * w / 52)) * ((w >= born) & (w < born + life))
    bought = rng.poisson(rate(w))

    def future(w, rng):
        bought = rng.poisson(rate(w)[:, None], (n, FUTURES, w.shape[1]))
        return bought * np.exp(rng.normal(3, 0.7, bought.shape))
    return np.where(bought > 0, np.round(bought * np.exp(rng.normal(3, 0.7, (n, w.size))), 2), np.nan), future


FAMILIES = {f.__name__: f for f in (trend, season, noise, walk, counts, retail)}


# ---- The labeler's rule ----


def eulerian_tails(most):
    tails, p = {}, [1.0]
    for n in range(1, most + 1):
        if n > 1:
            p = [((k + 1) * (p[k] if k < n - 1 else 0) + (n - k) * (p[k - 1] if k else 0)) / n for k in range(n)]
        tails[n] = np.cumsum(p)
    return tails


TAILS = eulerian_tails(30)


def label_of(up, down):
    n = up + down + 1
    if up == down:
        return 1
    p = 2 * TAILS[n][min(up, down)] if n <= 30 else math.erfc((abs(up - down) - 1) / math.sqrt((n + 1) / 3) / math.sqrt(2))
    return 1 if p > 0.1 else 2 if up > down else 0


LABEL = np.array([[label_of(up, down) for down in range(PERIODS)] for up in range(PERIODS)])


def labels(series):
    """Of the last axis."""
    changes = np.diff(series, axis=-1)
    return LABEL[(changes > 0).sum(-1), (changes < 0).sum(-1)]


# ---- Who knows more ----


def shares_of_futures(spend, more, window):
    """Of each label, among the futures (users × futures × horizon) that may follow."""
    n, futures, horizon = more.shape
    end, begin = PERIODS - horizon, max(PERIODS - window, 0)
    known = np.diff(spend[:, begin:end], axis=1)
    last = np.repeat(spend[:, None, end - 1:end], futures, 1) if begin < end else more[:, :, :0]
    changes = np.diff(np.concatenate([last, more], 2), axis=2)
    y = LABEL[(known > 0).sum(1)[:, None] + (changes > 0).sum(2), (known < 0).sum(1)[:, None] + (changes < 0).sum(2)]
    return np.stack([((y == c).sum(1) + 0.1) / (futures + 0.3) for c in range(3)], 1)


def oracle(spend, future, window, horizon, rng):
    """Who knows what each user is like, which no forecaster does."""
    return shares_of_futures(spend, future(np.arange(PERIODS - horizon, PERIODS)[None, :], rng), window)


# ---- The observer: knows how users are made, and of each what the window shows. No forecaster can do better ----


def draw_kinds(log_likelihood, rng):
    """Numbers of kinds of users (users × DRAWS), from their probabilities given the window (users × kinds)."""
    p = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True)).cumsum(1)
    u = rng.random((len(p), DRAWS)) * p[:, -1:]
    return np.stack([np.searchsorted(row, at) for row, at in zip(p, u)])


def season_seen(x, w, later, rng):
    grid = np.meshgrid([8, 13, 26, 52], (np.arange(40) + 0.5) / 40, 5 + 35 * (np.arange(14) + 0.5) / 14, indexing="ij")
    cycle, phase, size = (a.reshape(-1, 1) for a in grid)
    wave = lambda w: size * np.sin(2 * np.pi * (w / cycle + phase))
    shape, error = wave(w), 8 / np.sqrt(len(w))
    level = x.mean(1)[:, None] - shape.mean(1) - 100
    x, shape = x - x.mean(1)[:, None], shape - shape.mean(1)[:, None]
    square = (x**2).sum(1)[:, None] - 2 * x @ shape.T + (shape**2).sum(1)
    within = np.maximum(norm.cdf((63.5 - level) / error) - norm.cdf((-0.5 - level) / error), 1e-300)
    kind = draw_kinds(-square / 128 + np.log(within), rng)
    level = np.take_along_axis(level, kind, 1) + error * rng.normal(size=kind.shape)
    noise = rng.normal(0, 8, (*kind.shape, len(later)))
    return 100 + np.clip(level.round(), 0, 63)[:, :, None] + wave(later)[kind] + noise


def counts_seen(x, w, later, rng):
    level, slope = (a.reshape(-1, 1) for a in np.meshgrid(np.linspace(-3.2, 3.2, 65), np.linspace(-0.105, 0.105, 43)))
    rate = lambda w: np.exp(level + slope * (w - PERIODS / 2))
    prior = -(level / 0.8)**2 / 2 - (slope / 0.03)**2 / 2
    kind = draw_kinds(np.nan_to_num(x) @ np.log(rate(w)).T - rate(w).sum(1) + prior[:, 0], rng)
    return rng.poisson(rate(later)[kind]).astype(float)


OBSERVERS = {"season": season_seen, "counts": counts_seen}


def observer(spend, seen, window, horizon, rng):
    end = PERIODS - horizon
    periods = np.arange(end - window, end), np.arange(end, PERIODS)
    parts = np.array_split(spend, 8)
    return np.concatenate([shares_of_futures(s, seen(s[:, end - window:end], *periods, rng), window) for s in parts])
