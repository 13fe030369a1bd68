"""The measurements of bench/accuracy/peers.

A task is rows to learn from with a label, their users' attributes, and users to be asked about: their sequences, attributes and
truth. Every forecaster gets the same users; each holds out a fifth of those it learns from for itself. Peers read the
series period by period, recency, frequency and monetary value of each column, and the attributes (regression: one
column a text; boosting: as categories). shapes.py has series without users, amounts.py outcomes that are numbers.
"""

import csv
import json
import pathlib
import sys
import time
import warnings

import lightgbm
import numpy as np
import psycopg
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import amounts
import shapes

warnings.filterwarnings("ignore")
FIRST_SEED = 401
REPLICATES = 100
SPEND_STEPS, SPEND_COLUMNS = 12, 3  # of the retail task
OWN = "usercls by defaults"


# ---- Tasks: each fills learn_rows, members and asked ----


def copy_rows(db, table, rows):
    with db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row([None if isinstance(v, float) and v != v else v for v in row])


def fill(db, series, names, attributes, types, label, asked, period):
    """series: users × periods × columns, oldest first; attributes: a list of columns; asked: a mask of users."""
    columns = ", ".join(f"{n} float8" for n in names)
    known = ", ".join(f"{n} {t}" for n, t in types.items())
    db.execute("DROP TABLE IF EXISTS learn_rows, rows, members, asked CASCADE")
    db.execute(f"CREATE UNLOGGED TABLE rows (user_id int, ts timestamptz, {columns}, label text)")
    db.execute(f"CREATE UNLOGGED TABLE members (user_id int PRIMARY KEY, {known})")
    end = np.datetime64("2026-01-01")
    times = [str(end - np.timedelta64(period * (series.shape[1] - t), "D")) for t in range(series.shape[1])]
    copy_rows(db, "rows", ((u, times[t], *map(float, series[u, t]), label[u]) for u in range(len(series))
                           for t in range(series.shape[1]) if not np.isnan(series[u, t]).all()))
    copy_rows(db, "members", ((u, *(column[u] for column in attributes)) for u in range(len(series))))
    db.execute("CREATE TEMP TABLE IF NOT EXISTS of_test (user_id int); TRUNCATE of_test")
    copy_rows(db, "of_test", ((int(u),) for u in np.flatnonzero(asked)))
    db.execute("CREATE TABLE learn_rows AS SELECT * FROM rows WHERE user_id NOT IN (SELECT user_id FROM of_test)")
    width = f"'{period} days', timestamptz '2026-01-01' - {series.shape[1]} * interval '{period} days', '2026-01-01'"
    db.execute(f"CREATE TABLE asked AS SELECT m.*, label, seq FROM members m JOIN (SELECT user_id, max(label) AS label,"
               f" usercls.sequence_agg(ts, ARRAY[{', '.join(names)}], interval {width}) AS seq FROM rows NATURAL JOIN of_test GROUP BY user_id) s USING (user_id)")
    return dict(features=names, attributes=list(types), period=f"{period} days", window=series.shape[1], as_of="2026-01-01")


def simulated(db, seed):
    """Who leaves: by the trend, which means another thing under another plan; by plan, city, age and income."""
    rng = np.random.default_rng(seed)
    n, periods = 8000, 12
    time_ = np.arange(periods) - (periods - 1) / 2
    slope, level = rng.normal(0, 1, n), rng.normal(3, 0.7, n)
    spend = np.exp(level[:, None] + 0.08 * slope[:, None] * time_ + rng.normal(0, 0.35, (n, periods)))
    visits = rng.poisson(np.exp(0.8 + 0.06 * slope[:, None] * time_ + rng.normal(0, 0.3, (n, 1)))).astype(float)
    plan = rng.choice(["basic", "pro", "family", "trial"], n, p=[0.5, 0.25, 0.15, 0.1])
    city = rng.zipf(1.4, n) % 60
    age, income = rng.uniform(18, 80, n), np.exp(rng.normal(10, 0.9, n))
    student = rng.random(n) < 0.2
    of_city = np.random.default_rng(5).normal(0, 0.6, 60)
    effect = {"basic": (0.2, -1.2), "pro": (-0.6, 0.1), "family": (-0.9, -0.5), "trial": (1.2, 0.8)}
    score = (np.array([effect[p][0] + effect[p][1] * s for p, s in zip(plan, slope)]) + of_city[city]
             + 1.5 * ((age - 49) / 31) ** 2 - 0.8 - 0.5 * (np.log(income) - 10) + 0.6 * student)
    label = np.where(rng.random(n) < 1 / (1 + np.exp(-score)), "leaves", "stays")
    hide = rng.random((n, 2)) < 0.1
    asked = np.arange(n) >= 4000
    # Cities that training never saw.
    names = np.where(asked & (rng.random(n) < 0.03), "elsewhere", np.char.add("city ", city.astype(str))).tolist()
    return fill(db, np.stack([spend, visits], 2), ["spend", "visits"],
                [plan.tolist(), names, np.where(hide[:, 0], np.nan, age).tolist(),
                 np.where(hide[:, 1], np.nan, income).tolist(), student.tolist()],
                {"plan": "text", "city": "text", "age": "float8", "income": "float8", "student": "boolean"},
                label, asked, 7)


CREDIT, UCR = None, None


def credit(db, seed):
    """Who does not pay next month: six months of bills, payments and delays, and five attributes; a third is asked about."""
    with open(CREDIT, newline="") as file:
        rows = list(csv.reader(file))[1:]
    x = np.array(rows, float)
    delay, bill, paid = x[:, 6:12], x[:, 12:18], x[:, 18:24]  # the latest month first
    series = np.stack([delay, np.arcsinh(bill / 1000), np.log1p(paid / 1000)], 2)[:, ::-1]
    word = lambda column: np.char.add("k", x[:, column].astype(int).astype(str)).tolist()
    label = np.where(x[:, 24] > 0, "defaults", "pays")
    asked = np.random.default_rng(seed).permutation(len(x)) < len(x) // 3
    return fill(db, series, ["delay", "bill", "paid"], [x[:, 1].tolist(), word(2), word(3), word(4), x[:, 5].tolist()],
                {"credit": "float8", "sex": "text", "education": "text", "marriage": "text", "age": "float8"}, label, asked, 30)


def retail(db, truth):
    """Learned on 2011-08-20, asked on 2011-10-15, as bench/accuracy/retail.sql and retail_silent.sql; what is known of a
    customer: his country, and what he did before the window, by a history."""
    db.execute("DROP TABLE IF EXISTS learn_rows, rows, members, asked, invoice, customer, dates CASCADE")
    db.execute("CREATE TABLE invoice (invoice text, user_id bigint, country text, ts timestamptz, lines int, quantity int, amount float8)")
    with db.cursor().copy("COPY invoice FROM STDIN CSV HEADER") as copy:
        copy.write(pathlib.Path("demo/data/online_retail/invoices.csv").read_bytes())
    db.execute("CREATE TABLE dates AS SELECT * FROM (VALUES (timestamptz '2011-08-20'), ('2011-10-15')) s(as_of)")
    db.execute(f"""CREATE TABLE customer AS SELECT as_of, user_id, ({truth})::text AS label
        FROM dates JOIN invoice ON ts < as_of + interval '56 days'
        GROUP BY as_of, user_id HAVING bool_or(ts < as_of AND ts >= as_of - interval '168 days')""")
    db.execute("""CREATE TABLE members AS SELECT user_id, as_of - interval '1 second' AS ts, min(country) AS country,
        extract(epoch FROM as_of - min(i.ts)) / 604800 AS weeks_since_first, count(*) FILTER (WHERE i.ts < as_of - interval '168 days') AS orders_before,
        coalesce(sum(amount) FILTER (WHERE i.ts < as_of - interval '168 days'), 0) AS amount_before, sum(quantity) / sum(lines + 1)::float8 AS pieces
        FROM customer JOIN invoice i USING (user_id) WHERE i.ts < as_of GROUP BY user_id, as_of""")
    db.execute("""CREATE TABLE rows AS SELECT as_of, user_id, ts, sign(amount) * ln(1 + abs(amount)) AS spend, 1::float8 AS orders, ln(lines + 1) AS lines, label
        FROM customer JOIN invoice USING (user_id) WHERE ts < as_of""")
    db.execute("CREATE TABLE learn_rows AS SELECT * FROM rows WHERE as_of = '2011-08-20' AND ts >= as_of - interval '168 days'")
    db.execute("""CREATE TABLE asked AS SELECT m.*, label, seq FROM members m JOIN (SELECT as_of, user_id, max(label) AS label,
        usercls.sequence_agg(ts, ARRAY[spend, orders, lines], interval '14 days', timestamptz '2011-04-30', '2011-10-15') AS seq
        FROM rows WHERE as_of = '2011-10-15' AND ts >= as_of - interval '168 days' GROUP BY as_of, user_id) s
        ON s.user_id = m.user_id AND m.ts = as_of - interval '1 second'""")
    return dict(features=["spend", "orders", "lines"], period="14 days", window=12, as_of="2011-08-20",
                attributes=["country", "weeks_since_first", "orders_before", "amount_before", "pieces"])


def retail_buys(db, seed):
    return retail(db, "bool_or(ts >= as_of)") | {"trend_alone": True}


def retail_trend(db, seed):
    """The same label as a question of the product's: the trend of the amounts, two periods of four weeks ahead."""
    task = retail(db, """coalesce(usercls.label(usercls.trend_agg(ts, amount, interval '28 days', as_of - interval '112 days',
        as_of + interval '56 days') FILTER (WHERE ts >= as_of - interval '112 days'), 1, -1)::text, 'stable')""")
    db.execute("""CREATE VIEW known AS SELECT user_id, ts, amount, sign(amount) * ln(1 + abs(amount)) AS spend, 1::float8 AS orders,
        ln(lines + 1) AS lines FROM invoice WHERE ts < '2011-10-15'""")
    db.execute("""ALTER TABLE asked ADD own float8[]; UPDATE asked a SET own = s.seq FROM (SELECT user_id, usercls.sequence_agg(ts,
        ARRAY[amount, spend, orders, lines], interval '28 days', timestamptz '2011-04-30', '2011-10-15') AS seq FROM known GROUP BY user_id) s
        WHERE s.user_id = a.user_id""")
    return task | dict(source="known", sequence="own", own=dict(
        trend_of="amount", trend_rule='{"potential_at": 1, "high_risk_at": -1}', horizon_periods=2, active_only=True,
        features=["amount", "spend", "orders", "lines"], period="28 days", window_periods=6))


TASKS = {"simulated": simulated, "credit": credit, "retail: buys": retail_buys, "retail: trend": retail_trend}


# ---- Peers ----


def shape_of(task):
    """Columns, period and periods of the sequences: of the question as it is asked of usercls."""
    own = task.get("own", {})
    return own.get("features", task["features"]), own.get("period", task["period"]), own.get("window_periods", task["window"])


def labeler(series, horizon):
    """Of a trend also what the labeler counts: signs, the net sign, and the part of it that the next label will share."""
    signs = np.sign(np.diff(series[:, :, 0], axis=1))
    return np.concatenate([signs, signs.sum(1)[:, None], signs[:, horizon:].sum(1)[:, None]], 1)


def read(db, task, query):
    rows = db.execute(query).fetchall()
    features, _, window = shape_of(task)
    F = len(features)
    series = np.zeros((len(rows), window, F))
    for i, row in enumerate(rows):
        seq = np.array([[np.nan if v is None else v for v in step] for step in row[1]], float)
        series[i, window - len(seq):] = np.nan_to_num(seq)
    active = series != 0
    recency = np.where(active.any(1), active[:, ::-1].argmax(1), window)
    rfm = np.concatenate([recency, active.mean(1), series.sum(1), series.mean(1), series.std(1)], 1)
    if "own" in task:
        rfm = np.concatenate([rfm, labeler(series, task["own"]["horizon_periods"])], 1)
    return np.concatenate([series.reshape(len(rows), -1), rfm], 1), [row[2:] for row in rows], [row[0] for row in rows]


def columns_of(rows, known):
    """Numbers, and texts as numbers by what the learned users have; -1: unseen or null."""
    out, kinds = [], []
    for a in range(len(rows[0]) if rows else 0):
        values = [row[a] for row in rows]
        text = any(isinstance(row[a], str) for row in known)
        kinds.append(text)
        if text:
            place = {v: i for i, v in enumerate(sorted({row[a] for row in known if row[a] is not None}))}
            out.append([place.get(v, -1) for v in values])
        else:
            out.append([np.nan if v is None else float(v) for v in values])
    return np.array(out, float).T.reshape(len(rows), -1), kinds


def one_hot(x, kinds, base):
    """For regression: texts as columns; numbers with a column that says whether they are null."""
    parts = [x[:, :base]]
    for a, text in enumerate(kinds):
        v = x[:, base + a]
        if text:
            parts.append((v[:, None] == np.arange(max(1, np.nanmax(v) + 1))).astype(float))
        else:
            parts.append(np.stack([np.nan_to_num(v), np.isnan(v), np.sign(np.nan_to_num(v)) * np.log1p(np.abs(np.nan_to_num(v)))], 1))
    return np.concatenate(parts, 1)


def logreg(x, y, kinds, base, fit, val):
    x = one_hot(x, kinds, base)
    x = StandardScaler().fit(x[fit]).transform(x)
    best = None
    for c in (0.001, 0.01, 0.1, 1):
        model = LogisticRegression(C=c, max_iter=500).fit(x[fit], y[fit])
        loss = log_loss(model.predict_proba(x[val]), y[val])
        if best is None or loss < best[0]:
            best = loss, model
    return best[1].predict_proba(x)


def trend_alone(x, y, kinds, base, fit, val):
    """What the sign of the changes of the first column tells, a number a user: the stand-in for a question."""
    steps = x[:, :SPEND_STEPS * SPEND_COLUMNS:SPEND_COLUMNS]
    net = np.sign(np.diff(steps, axis=1)).sum(1)[:, None]
    return LogisticRegression().fit(net[fit], y[fit]).predict_proba(net)


def boost(x, y, kinds, base, fit, val):
    texts = [base + a for a, text in enumerate(kinds) if text]
    model = lightgbm.LGBMClassifier(n_estimators=1000, learning_rate=0.03, num_leaves=15, min_child_samples=20, n_jobs=1, verbose=-1)
    model.fit(x[fit], y[fit], eval_set=[(x[val], y[val])], categorical_feature=texts or "auto",
              callbacks=[lightgbm.early_stopping(30, verbose=False)])
    return model.predict_proba(x)


def hist(x, y, kinds, base, fit, val):
    x = x.copy()
    texts = [base + a for a, text in enumerate(kinds) if text]
    for column in texts:
        x[x[:, column] < 0, column] = np.nan
        x[x[:, column] > 250, column] = np.nan
    model = HistGradientBoostingClassifier(learning_rate=0.05, max_leaf_nodes=15, max_iter=500, early_stopping=True,
                                           validation_fraction=0.2, n_iter_no_change=20, categorical_features=texts or None, random_state=1)
    learn = np.concatenate([fit, val])
    return model.fit(x[learn], y[learn]).predict_proba(x)


PEERS = {"logistic regression": logreg, "LightGBM": boost, "scikit-learn's boosting": hist}


def log_loss(p, y):
    return float(-np.log(np.clip(p[np.arange(len(y)), y], 1e-12, 1)).mean())


def auc(p, y):
    """The mean over the classes of each one's against the others; a class that nobody is of is left out."""
    above = rankdata(p, axis=0)
    own = y[:, None] == np.arange(p.shape[1])
    n = own.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.nanmean(((above * own).sum(0) - n * (n + 1) / 2) / (n * (len(y) - n))))


def measures(p, y):
    bins = np.minimum((p.max(1) * 15).astype(int), 14)
    right = p.argmax(1) == y
    ece = sum(abs(right[bins == b].sum() - p.max(1)[bins == b].sum()) for b in range(15)) / len(y)
    return {"auc": auc(p, y), "log_loss": log_loss(p, y), "ece": float(ece), "right": float(right.mean())}


def noise(own, other, y):
    """Standard errors of the differences of AUC and log-loss over the rows asked about: a bootstrap, as these rows are a draw."""
    rng = np.random.default_rng(1)
    differences = []
    for _ in range(REPLICATES):
        i = rng.integers(0, len(y), len(y))
        differences.append((auc(own[i], y[i]) - auc(other[i], y[i]), log_loss(own[i], y[i]) - log_loss(other[i], y[i])))
    return np.std(differences, 0).tolist()


def measure_peers(db, task, seed):
    names = "".join(f", {a}" for a in task["attributes"])
    features, period, window = shape_of(task)
    history = "ts" in [c.name for c in db.execute("SELECT * FROM members LIMIT 0").description]
    members = (f"(SELECT DISTINCT ON (user_id) * FROM members WHERE ts < '{task['as_of']}' ORDER BY user_id, ts DESC)" if history else "members")
    learn = f"""SELECT label, seq{names} FROM (SELECT user_id, max(label) AS label FROM learn_rows GROUP BY user_id) l JOIN (
        SELECT user_id, usercls.sequence_agg(ts, ARRAY[{', '.join(features)}], interval '{period}',
            timestamptz '{task['as_of']}' - {window} * interval '{period}', '{task['as_of']}') AS seq
        FROM {task.get('source', 'learn_rows')} GROUP BY user_id) s USING (user_id) JOIN {members} m USING (user_id) ORDER BY user_id"""
    learned, known, labels = read(db, task, learn)
    asked, of_asked, truth = read(db, task, f"SELECT label, {task.get('sequence', 'seq')}{names} FROM asked ORDER BY user_id")
    place = {c: i for i, c in enumerate(sorted(set(labels)))}
    y = np.array([place[c] for c in labels + truth])
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    fit, val = order[n // 5:], order[:n // 5]
    peers = PEERS | ({"the trend alone": trend_alone} if task.get("trend_alone") else {})
    for with_attributes in (False, True):
        base = learned.shape[1]
        extra, kinds = columns_of(known + of_asked, known) if with_attributes else (np.zeros((len(y), 0)), [])
        x = np.concatenate([np.concatenate([learned, asked]), extra], 1)
        for name, peer in peers.items():
            begin = time.process_time()
            p = peer(x, y, kinds, base, fit, val)
            yield name, with_attributes, p[n:], y[n:], time.process_time() - begin


# ---- usercls ----


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def train(db, task, seed, with_attributes, **more):
    """One call; what a task does not say is left to its default."""
    given = dict(label_column=None if "own" in task else "label", features=task["features"], period=task["period"],
                 window_periods=task["window"], as_of=task["as_of"], seed=seed, promote="always") | task.get("own", {}) | more
    if with_attributes:
        given |= dict(users="members", attributes=task["attributes"])
    types = dict(features="name[]", attributes="name[]", period="interval", users="regclass", hyperparams="jsonb", trend_rule="jsonb")
    call = ", ".join(f"{name} => %s" + (f"::{types[name]}" if name in types else "") for name in given)
    return db.execute(f"SELECT classes FROM usercls.train_sequence('m', '{task.get('source', 'learn_rows')}', {call})",
                      list(given.values())).fetchone()[0]


def measure_usercls(db, task, seed, with_attributes, **more):
    pid = db.info.backend_pid
    begin = cpu_of(pid)
    train(db, task, seed, with_attributes, **more)
    cpu = cpu_of(pid) - begin
    row = ", asked" if with_attributes else ""
    names = db.execute("SELECT classes FROM usercls.versions WHERE model = 'm'").fetchone()[0]
    rows = db.execute(f"SELECT label, (usercls.predict('m', {task.get('sequence', 'seq')}{row})).probabilities"
                      " FROM asked ORDER BY user_id").fetchall()
    db.execute("SELECT usercls.drop_model('m')")
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    order = np.argsort(names)
    return np.array([r[1] for r in rows])[:, order], np.array([sorted(names).index(r[0]) for r in rows]), cpu


# ---- The run ----


def measure(db, name, seed):
    """Of each model: its name, whether it knows attributes, the probabilities of the rows asked about and their truth, and seconds of CPU."""
    task = TASKS[name](db, seed)
    yield OWN, True, *measure_usercls(db, task, seed, True)
    yield OWN, False, *measure_usercls(db, task, seed, False)
    yield "usercls, ensemble of 3", True, *measure_usercls(db, task, seed, True, hyperparams='{"ensemble": 3}')
    yield from measure_peers(db, task, seed)


def measure_any(db, name, seed):
    if name in amounts.TASKS:
        yield from ((model, False, m) for model, m in amounts.measure(db, name, seed, cpu_of))
        return
    rows = measure(db, name, seed) if name in TASKS else (
        (row[0], False, *row[1:]) for row in shapes.measure(db, UCR, name, seed, PEERS, log_loss, cpu_of))
    own = None
    for model, with_attributes, p, y, cpu in rows:
        own = p if own is None else own
        compared = with_attributes == (name in TASKS) and not model.startswith("usercls")
        yield model, with_attributes, measures(p, y) | {"cpu": cpu} | ({"noise": noise(own, p, y)} if compared else {})


# ---- What is printed ----

CLASSES = {"auc": ("AUC", 4), "log_loss": ("log-loss", 4), "right": ("right answers", 3), "ece": ("calibration error", 3), "cpu": ("CPU, s", 2)}
NUMBERS = {"mae": ("MAE", 1), "rmse": ("RMSE", 0), "covered": ("in the interval", 3), "pinball": ("pinball loss", 2), "cpu": ("CPU, s", 2)}


def cell(values, digits):
    error = f" ({np.std(values, ddof=1) / np.sqrt(len(values)):.{digits}f})" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}" + error


def report(results, name):
    rows = [r for r in results if r["task"] == name]
    columns = NUMBERS if name in amounts.TASKS else CLASSES
    print(f"\n{name}, {len({r['seed'] for r in rows})} seeds\n")
    print("| | " + ("attributes | " if name in TASKS else "") + " | ".join(title for title, _ in columns.values()) + " |")
    print("| --- | " + ("--- | " if name in TASKS else "") + " | ".join("---:" for _ in columns) + " |")
    for model, with_attributes in sorted({(r["model"], r["attributes"]) for r in rows}, key=lambda k: (k[1], not k[0].startswith("usercls"), k[0])):
        some = [r for r in rows if (r["model"], r["attributes"]) == (model, with_attributes)]
        known = (" yes |" if with_attributes else " no |") if name in TASKS else ""
        print(f"| {model} |{known} " + " | ".join(cell([r[c] for r in some], d) for c, (_, d) in columns.items()) + " |")


def verdict(results, name, column, at, sign):
    """Ours beside the best peer in a column: by how much it is better, and in standard errors, of the seeds and of the rows asked about."""
    rows = [r for r in results if r["task"] == name and r["attributes"] == (name in TASKS)]
    of = lambda model, key: np.array([r[key] for r in sorted(rows, key=lambda r: r["seed"]) if r["model"] == model])
    best = max({r["model"] for r in rows if "noise" in r}, key=lambda peer: sign * of(peer, column).mean())
    better = sign * (of(OWN, column) - of(best, column))
    seeds = better.std(ddof=1) / np.sqrt(len(better)) if len(better) > 1 else np.nan
    drawn = np.mean([r["noise"][at] for r in rows if r["model"] == best])
    error = np.hypot(seeds, drawn)
    word = "above" if better.mean() > 0 else "within one" if better.mean() > -error else f"behind by {-better.mean() / error:.1f}"
    digits = 1 if name in amounts.TASKS else 4
    return f"{better.mean():+.{digits}f} | {best} | {seeds:.{digits}f} | {drawn:.{digits}f} | {word}"


def report_all(results):
    print("Ours by defaults, and the best peer: better by, and the standard errors of that over seeds and over the rows asked about\n")
    print("| data | | better by | than | seeds | rows | |\n| --- | --- | ---: | --- | ---: | ---: | --- |")
    for name in dict.fromkeys(r["task"] for r in results):
        columns = (("mae", -1), ("pinball", -1)) if name in amounts.TASKS else (("auc", 1), ("log_loss", -1))
        for at, (column, sign) in enumerate(columns):
            print(f"| {name} | {(NUMBERS | CLASSES)[column][0]} | {verdict(results, name, column, at, sign)} |")
    for name in dict.fromkeys(r["task"] for r in results):
        report(results, name)


def main():
    global CREDIT, UCR
    seeds, path = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    CREDIT = sys.argv[3] if len(sys.argv) > 3 and sys.argv[3] else None
    UCR = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
    results = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    with psycopg.connect("", autocommit=True) as db, path.open("a") as log:
        db.execute("SET client_min_messages = warning; SET timezone = 'UTC'")
        for seed in range(FIRST_SEED, FIRST_SEED + seeds):
            for name in [*amounts.TASKS, *(shapes.SETS if UCR else []), *TASKS]:
                if (name == "credit" and not CREDIT) or any((r["task"], r["seed"]) == (name, seed) for r in results):
                    continue
                some = [dict(task=name, seed=seed, model=m, attributes=a) | v for m, a, v in measure_any(db, name, seed)]
                results += some
                log.writelines(json.dumps(r) + "\n" for r in some)
                log.flush()
    report_all(results)


main()
