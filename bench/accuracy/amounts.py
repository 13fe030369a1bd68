"""What somebody will spend: the tasks of bench/accuracy/peers whose outcome is a number.

Learned of all users at one moment, asked of all users a horizon later. Peers read the sequences that the model reads, and
recency, share of active periods, sum, mean and deviation of each column; each holds out a fifth of those it learns from.
"""

import pathlib
import time

import lightgbm
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

LOW, MEDIAN, HIGH = 0.1, 0.5, 0.9


def simulated(db, seed):
    """Spending with a level and a trend of each user, of whom some pause; many weeks are empty."""
    rng = np.random.default_rng(seed)
    n, weeks = 4000, 24
    level, slope = rng.normal(2.5, 0.8, n), rng.normal(0, 0.05, n)
    buys = rng.random((n, weeks)) < 1 / (1 + np.exp(-(rng.normal(0, 1.2, n)[:, None] - 0.5 + 2 * slope[:, None] * np.arange(weeks))))
    spend = np.where(buys, np.exp(level[:, None] + slope[:, None] * np.arange(weeks) + rng.normal(0, 0.6, (n, weeks))), 0)
    db.execute("DROP TABLE IF EXISTS rows CASCADE; CREATE TABLE rows (user_id int, ts timestamptz, amount float8)")
    with db.cursor().copy("COPY rows FROM STDIN") as copy:
        for u in range(n):
            copy.write_row((u, "2026-01-01", 0.0))  # everybody is there
            for w in np.flatnonzero(spend[u]):
                copy.write_row((u, str(np.datetime64("2026-01-02") + np.timedelta64(int(w) * 7, "D")), float(spend[u, w])))
    return dict(period="7 days", window=12, horizon=4, learned="2026-04-16", asked="2026-05-14")


def retail(db, seed):
    """What customers of a shop will spend in eight weeks: the demo's invoices."""
    db.execute("""DROP TABLE IF EXISTS rows, invoice CASCADE;
        CREATE TABLE invoice (invoice text, user_id int, country text, ts timestamptz, lines int, quantity int, amount float8)""")
    with db.cursor().copy("COPY invoice FROM STDIN CSV HEADER") as copy:
        copy.write(pathlib.Path("demo/data/online_retail/invoices.csv").read_bytes())
    db.execute("CREATE TABLE rows AS SELECT user_id, ts, amount FROM invoice")
    return dict(period="14 days", window=12, horizon=4, learned="2011-08-20", asked="2011-10-14")


TASKS = {"simulated: amount": simulated, "retail: amount": retail}


def table(db, task, moment):
    """Users of the model at a moment: their sequences as columns, and the truth."""
    rows = db.execute(f"""SELECT seq, (SELECT coalesce(sum(amount), 0) FROM rows r WHERE r.user_id = s.user_id AND ts > %s
        AND ts <= %s::timestamptz + {task['horizon']} * interval '{task['period']}') FROM usercls.sequences('m', %s, NULL::int) s ORDER BY user_id""", [moment] * 3).fetchall()
    series = np.nan_to_num(np.array([[[np.nan if v is None else v for v in step] for step in row[0]] for row in rows], float))
    active = series != 0
    recency = np.where(active.any(1), active[:, ::-1].argmax(1), series.shape[1])
    squashed = np.sign(series) * np.log1p(abs(series))
    x = np.concatenate([squashed.reshape(len(rows), -1), recency, active.mean(1), series.sum(1), series.mean(1), series.std(1), squashed.mean(1)], 1)
    return x, np.array([row[1] for row in rows])


def usercls(db, task, seed):
    rows = db.execute("""SELECT f.mean, f.low, f.median, f.high FROM usercls.classify_users('m', %s, id => NULL::int) c,
        usercls.forecast('m', c.probabilities) f ORDER BY user_id""", [task["asked"]]).fetchall()
    return np.array(rows).T


def boosted(x, y, asked, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    fit, val = order[len(y) // 5:], order[: len(y) // 5]

    def one(**objective):
        model = lightgbm.LGBMRegressor(n_estimators=1000, learning_rate=0.03, num_leaves=15, min_child_samples=20, n_jobs=1, verbose=-1, **objective)
        model.fit(x[fit], y[fit], eval_set=[(x[val], y[val])], callbacks=[lightgbm.early_stopping(30, verbose=False)])
        return model.predict(asked)

    low, median, high = (one(objective="quantile", alpha=a) for a in (LOW, MEDIAN, HIGH))
    return one(), low, median, high


def hist(x, y, asked, seed):
    def one(**objective):
        model = HistGradientBoostingRegressor(learning_rate=0.05, max_leaf_nodes=15, max_iter=500, early_stopping=True, validation_fraction=0.2,
                                              n_iter_no_change=20, random_state=seed, **objective)
        return model.fit(x, y).predict(asked)

    low, median, high = (one(loss="quantile", quantile=a) for a in (LOW, MEDIAN, HIGH))
    return one(loss="squared_error"), low, median, high


def ridge(x, y, asked, seed):
    """Of the logarithm; quantiles by those of the residuals of a held-out fifth."""
    order = np.random.default_rng(seed).permutation(len(y))
    fit, val = order[len(y) // 5:], order[: len(y) // 5]
    scale = StandardScaler().fit(x[fit])
    model = RidgeCV(np.logspace(-1, 4, 12)).fit(scale.transform(x[fit]), np.log1p(np.maximum(y[fit], 0)))
    rest = np.log1p(np.maximum(y[val], 0)) - model.predict(scale.transform(x[val]))
    at = model.predict(scale.transform(asked))
    low, median, high = (np.maximum(np.expm1(at + np.quantile(rest, a)), 0) for a in (LOW, MEDIAN, HIGH))
    return np.maximum(np.expm1(at[:, None] + rest[None, ::5]), 0).mean(1), low, median, high


def everybody(x, y, asked, seed):
    return [np.full(len(asked), v) for v in (y.mean(), *np.quantile(y, (LOW, MEDIAN, HIGH)))]


PEERS = {"LightGBM": boosted, "scikit-learn's boosting": hist, "ridge of the logarithm": ridge, "everybody's quantiles": everybody}


def pinball(y, q, a):
    return np.maximum(a * (y - q), (a - 1) * (y - q))


def errors(y, forecast):
    """Of each row: absolute error of the median, mean pinball loss; and what is measured of all."""
    mean, low, median, high = forecast
    loss = np.mean([pinball(y, q, a) for q, a in ((low, LOW), (median, MEDIAN), (high, HIGH))], 0)
    return (abs(y - median), loss), {"mae": float(abs(y - median).mean()), "rmse": float(np.sqrt(np.mean((y - mean) ** 2))),
                                     "covered": float(np.mean((y >= low) & (y <= high))), "pinball": float(loss.mean())}


def noise(own, other):
    """Standard errors of the differences of two forecasts over the rows asked about."""
    return [float(np.std(a - b, ddof=1) / np.sqrt(len(a))) for a, b in zip(own, other)]


def measure(db, name, seed, cpu_of):
    task = TASKS[name](db, seed)
    db.execute("CREATE INDEX ON rows (user_id); ANALYZE rows")
    pid = db.info.backend_pid
    begin = cpu_of(pid)
    db.execute("""SELECT usercls.train_sequence('m', 'rows', outcome => 'coalesce(sum(amount), 0)', features => ARRAY['amount', 'count(*)'],
        period => %s::interval, window_periods => %s, horizon_periods => %s, as_of => %s::timestamptz, seed => %s, promote => 'always')""",
               [task["period"], task["window"], task["horizon"], task["learned"], seed])
    cpu = cpu_of(pid) - begin
    (x, y), (asked, truth) = table(db, task, task["learned"]), table(db, task, task["asked"])
    own, m = errors(truth, usercls(db, task, seed))
    db.execute("SELECT usercls.drop_model('m')")
    yield "usercls by defaults", m | {"cpu": cpu}
    for peer, of in PEERS.items():
        begin = time.process_time()
        forecast = of(x, y, asked, seed)
        cpu = time.process_time() - begin
        each, m = errors(truth, forecast)
        yield peer, m | {"cpu": cpu, "noise": noise(own, each)}
