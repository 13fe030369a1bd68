"""What learners may see of the experiment `habits` (simulate.py): its features, and what a sequence model reads of each user's weeks."""
import copy

import numpy as np

LOAD = """DROP TABLE IF EXISTS week CASCADE;
CREATE TABLE week (user_id int, number int, spend float8);
CREATE VIEW behaviour AS SELECT user_id, timestamptz '2026-01-05 12:00' + number * interval '7 days' AS ts, spend FROM week"""
TRAIN = "SELECT usercls.train_sequence('habits', 'behaviour', trend_of => 'spend', promote => 'always')"
READ = """SELECT array_agg(e ORDER BY user_id)
FROM (SELECT user_id, usercls.embedding('habits', seq) AS e FROM usercls.sequences('habits')) AS s"""


def behaviour(spend):
    """What train_uplift(behaviour => 'habits') reads of each user, through a model of where spending goes that has seen the same weeks."""
    import psycopg

    with psycopg.connect(autocommit=True) as db:
        db.execute(LOAD)
        with db.cursor().copy("COPY week FROM STDIN") as rows:
            for user, weeks in enumerate(spend):
                for number, value in enumerate(weeks):
                    rows.write_row((user, number, value))
        db.execute(TRAIN)
        return np.array(db.execute(READ).fetchone()[0], np.float32)


def slopes(spend):
    """What somebody would make by hand: the slope of a straight line, as a share of the mean."""
    week = np.arange(spend.shape[1]) - (spend.shape[1] - 1) / 2
    return (spend @ week / (week @ week) / spend.mean(1))[:, None]


def seen(data, feature, edges):
    other = copy.copy(data)
    other.feature, other.edge = feature.astype(np.float32), data.edge if edges else data.edge[:0]
    return other


def variants(data):
    """The experiment as learners see it, by what their names say of it."""
    read = behaviour(data.spend)
    both = np.concatenate([data.feature, read], 1)
    by_hand = np.concatenate([data.feature, slopes(data.spend)], 1)
    return {"features": seen(data, data.feature, False), "features in the graph": seen(data, data.feature, True),
            "behaviour": seen(data, read, False), "features and behaviour": seen(data, both, False),
            "features and behaviour in the graph": seen(data, both, True),
            "features and a slope made by hand in the graph": seen(data, by_hand, True)}
