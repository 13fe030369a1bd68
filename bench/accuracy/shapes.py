"""UCR data sets by SQL, in one run with peers: what the defaults, and other architectures, come to beside MiniRocket and boosting.

Official splits; of a series longer than all that teach only the last steps. Series are normalised one by one, JapaneseVowels not. Everybody holds out a fifth of the training part: ours by its
default; boosting to stop early, regression for its penalty, MiniRocket (aeon, ridge of scikit-learn) for a temperature.
"""

import time

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.linear_model import RidgeClassifierCV
from sklearn.preprocessing import StandardScaler

SETS = ["ItalyPowerDemand", "SyntheticControl", "JapaneseVowels", "MelbournePedestrian"]
OURS = {"usercls by defaults": {}, "usercls, minirocket": {"architecture": "minirocket"}, "usercls, GRU": {"architecture": "gru"}}


def read_tsv(path):
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    for row in rows:
        v = np.array(row[1:], float)
        yield row[0], ((v - np.nanmean(v)) / (np.nanstd(v) or 1))[:, None]


def read_ts(path):
    for line in path.read_text().splitlines():
        if line and line[0] not in "#@":
            *channels, label = line.strip().split(":")
            yield label, np.array([c.split(",") for c in channels], float).T


def load(folder, name, part):
    tsv = folder / f"{name}_{part}.tsv"
    return list(read_tsv(tsv) if tsv.exists() else read_ts(folder / f"{name}_{part}.ts"))


def fill(db, learn, asked):
    for table, rows in ("learn_series", learn), ("asked_series", asked):
        db.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (user_id int, label text, seq float8[])")
        with db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for i, (label, v) in enumerate(rows):
                copy.write_row((i, label, [[None if x != x else float(x) for x in step] for step in v]))


def ours(db, seed, cpu_of, more):
    pid = db.info.backend_pid
    begin = cpu_of(pid)
    given = "".join(f", {name} => '{value}'" for name, value in more.items())
    db.execute(f"SELECT 1 FROM usercls.train_sequence('m', 'learn_series', user_column => 'user_id', sequence_column => 'seq', label_column => 'label',"
               f" seed => {seed}, promote => 'always'{given})")
    cpu = cpu_of(pid) - begin
    names = db.execute("SELECT classes FROM usercls.versions WHERE model = 'm'").fetchone()[0]
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    rows = db.execute("SELECT (usercls.predict('m', seq)).probabilities FROM asked_series ORDER BY user_id").fetchall()
    db.execute("SELECT usercls.drop_model('m')")
    order = np.argsort(names)
    return np.array([r[0] for r in rows])[:, order], cpu


def softmax(score):
    p = np.exp(score - score.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def rocket(x, y, fit, val, log_loss):
    """x: series × channels × steps. Probabilities are the softmax of the ridge's scores, by the best of some temperatures."""
    features = MiniRocket(random_state=int(fit[0])).fit(x[fit]).transform(x)
    features = StandardScaler(with_mean=False).fit(features[fit]).transform(features)
    score = RidgeClassifierCV(np.logspace(-3, 3, 10)).fit(features[fit], y[fit]).decision_function(features)
    score = np.stack([-score, score], 1) if score.ndim == 1 else score
    best = min(np.logspace(-2, 1, 40), key=lambda t: log_loss(softmax(score[val] / t), y[val]))
    return softmax(score / best)


def measure(db, folder, name, seed, peers, log_loss, cpu_of):
    """Of each model: its name, the probabilities of the test part and their truth, and seconds of CPU."""
    learn = load(folder, name, "TRAIN")
    window = max(len(v) for _, v in learn)
    asked = [(label, v[-window:]) for label, v in load(folder, name, "TEST")]
    fill(db, learn, asked)
    names = sorted({label for label, _ in learn})
    y = np.array([names.index(label) for label, _ in learn + asked])
    n = len(learn)
    x = np.zeros((len(y), window, learn[0][1].shape[1]), np.float32)
    for i, (_, v) in enumerate(learn + asked):
        x[i, window - len(v):] = np.nan_to_num(v)
    order = np.random.default_rng(seed).permutation(n)
    fit, val = order[n // 5:], order[:n // 5]
    for model, more in OURS.items():
        p, cpu = ours(db, seed, cpu_of, more)
        yield model, p, y[n:], cpu
    flat = x.reshape(len(x), -1)
    everybody = {peer: lambda of=of: of(flat, y, [], flat.shape[1], fit, val) for peer, of in peers.items()}
    everybody["MiniRocket (aeon)"] = lambda: rocket(np.swapaxes(x, 1, 2), y, fit, val, log_loss)
    for model, of in everybody.items():
        begin = time.process_time()
        p = of()[n:]
        yield model, p, y[n:], time.process_time() - begin
