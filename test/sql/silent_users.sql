-- Users without a row in the window are there all the same: docs/semantics.md.
SET client_min_messages = notice;
SET timezone = 'UTC';

-- Three hundred users of forty weeks; thirty leave after the twentieth, ten of whom come back in the last four, and ten come then.
CREATE TABLE sil AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, u % 10 = 0 AS leaver,
       (100 + (u % 3 - 1) * 5 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
FROM generate_series(1, 310) u, generate_series(0, 39) w
WHERE CASE WHEN u > 300 THEN w >= 36 WHEN u % 30 = 0 THEN w < 20 OR w >= 36 ELSE NOT (u % 10 = 0 AND w >= 20) END;

-- Before they leave all are active; twelve weeks later thirty are silent. Both kinds are learned, counted, and said.
SELECT active, silent, rows_train + rows_held_out AS users
FROM usercls.train_sequence('sil', 'sil', trend_of => 'spend', features => '{spend}', as_of => '2026-05-25',
                            hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT active, silent, rows_train + rows_held_out AS users, classes
FROM usercls.train_sequence('sil', 'sil', trend_of => 'spend', features => '{spend}', as_of => '2026-09-14', dry_run => true);
SELECT active, silent, rows_train + rows_held_out AS users, classes
FROM usercls.train_sequence('sil', 'sil', trend_of => 'spend', features => '{spend}', as_of => '2026-09-14', dry_run => true, active_only => true);
SELECT notices[1] FROM usercls.train_sequence('sil', 'sil', trend_of => 'spend', features => '{spend}', as_of => '2026-09-14', dry_run => true);

-- Who leaves keeps his score: that of a user without activity.
CALL usercls.refresh_scores('sil', 'sil_scores', '2026-05-25');
SELECT count(*) AS users, count(*) FILTER (WHERE user_id % 10 = 0) AS leavers FROM sil_scores;
CALL usercls.refresh_scores('sil', 'sil_scores', '2026-09-14');
SELECT count(*) AS users, count(*) FILTER (WHERE user_id % 10 = 0) AS leavers,
       bool_and(abs(probability - (usercls.predict('sil', ARRAY[NULL]::float8[])).probability) < 1e-5) FILTER (WHERE user_id % 10 = 0) AS as_predict
FROM sil_scores;
SELECT count(*) AS silent, min(rank) > 0 AS ranked, bool_and(usercls.period_values(trend) = array_fill(0::float8, ARRAY[12])) AS nothing
FROM usercls.classify_users('sil', '2026-09-14', NULL::bigint, with_trend => true) WHERE user_id % 10 = 0;
SET client_min_messages = warning;
CALL usercls.retrain('sil', as_of => '2026-09-14', promote => 'always');
SELECT spec::jsonb ->> 'active_only' AS active_only, rows_train + rows_held_out AS learned FROM usercls.versions WHERE model = 'sil' ORDER BY version;
SELECT n = (SELECT rows_held_out FROM usercls.versions WHERE model = 'sil' AND promoted) AS those_held_out
FROM usercls.evaluate('sil', replicates => 0) WHERE metric = 'log_loss';
SELECT n FROM usercls.evaluate('sil', 'sil', as_of => '2026-09-14', replicates => 0) WHERE metric = 'log_loss';
SELECT n_then, n_now FROM usercls.drift('sil');

-- An index, a view, dates, ids of another type, and many columns change nothing.
CREATE VIEW sil_view AS SELECT 'user ' || user_id AS user_id, ts::date AS ts, spend FROM sil;
CREATE TABLE sil_wide AS SELECT user_id, ts, spend, spend AS a, spend AS b, spend AS c, spend AS d, spend AS e, spend AS f, spend AS g,
       spend AS h, spend AS i, spend AS j, spend AS k, spend AS l, spend AS m, spend AS n FROM sil;
CREATE INDEX ON sil (ts);
SELECT source, (t).active, (t).silent, (t).classes
FROM (SELECT source, usercls.train_sequence('sil', source, trend_of => 'spend', as_of => '2026-09-14', dry_run => true) AS t
      FROM unnest('{sil,sil_view,sil_wide}'::regclass[]) AS source OFFSET 0) s;

-- A label column: the last label before the end, in the window or before.
CREATE VIEW sil_labels AS SELECT user_id, ts, spend, CASE WHEN ts < '2026-05-25' AND user_id % 5 > 0 OR user_id % 10 = 0 THEN leaver END AS leaver FROM sil;
CREATE TABLE sil_labelled AS SELECT * FROM sil_labels;
SELECT source, (t).active, (t).silent, (t).classes
FROM (SELECT source, usercls.train_sequence('sil', source, label_column => 'leaver', as_of => '2026-09-14', dry_run => true) AS t
      FROM unnest('{sil_labels,sil_labelled}'::regclass[]) AS source OFFSET 0) s;
SELECT usercls.train_sequence('sil', 'sil_labelled', label_column => 'leaver', as_of => '2026-09-14', dry_run => true, active_only => true);

-- active_only => true goes with the model; a spec of old, which says nothing, is such a one, unless it says so by another word.
SELECT version FROM usercls.train_sequence('sil_active', 'sil', trend_of => 'spend', features => '{spend}', active_only => true, as_of => '2026-09-14',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT usercls.import_model('sil_old', usercls.export_model('sil_active'), promote => 'always',
	spec => (SELECT spec::jsonb - 'active_only' FROM usercls.versions WHERE model = 'sil_active')) AS version;
SELECT usercls.import_model('sil_word', usercls.export_model('sil_active'), promote => 'always',
	spec => (SELECT spec::jsonb - 'active_only' || '{"users": "all"}' FROM usercls.versions WHERE model = 'sil_active')) AS version;
SELECT model, (SELECT count(*) FROM usercls.classify_users(model, '2026-09-14')) AS users,
       (SELECT n FROM usercls.evaluate(model, 'sil', as_of => '2026-09-14', replicates => 0) LIMIT 1) AS evaluated
FROM unnest('{sil,sil_active,sil_old,sil_word}'::text[]) AS model;

-- A long past costs little: thirty thousand users of whom the window knows nothing have no room of their own in it.
CREATE TABLE sil_past AS SELECT user_id, ts, spend FROM sil
UNION ALL SELECT 1000 + u, timestamptz '2020-01-01' + u * interval '1 minute', 1 FROM generate_series(1, 30000) u;
SET usercls.max_memory = '16MB';
SELECT silent, memory < 16 * 1024 * 1024 AS little
FROM usercls.train_sequence('sil', 'sil_past', trend_of => 'spend', window_periods => 36, as_of => '2026-09-14', dry_run => true);
RESET usercls.max_memory;

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'sil%' ORDER BY model;
DROP TABLE sil, sil_scores, sil_wide, sil_labelled, sil_past CASCADE;
