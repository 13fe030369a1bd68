-- The forecast of the label: what the network sees, where it begins, and what is promoted.
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE FUNCTION fc_try(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
	EXECUTE query;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  ', SQLSTATE || ': ' || SQLERRM, detail, hint);
END $$;

-- A level, a season, a trend for some, noise: no model of values alone beats counting.
CREATE TABLE fc AS
SELECT u AS user_id, timestamptz '2025-01-06 12:00Z' + w * interval '7 days' AS ts,
       (100 + (hashint8(u) & 63) + 20 * sin(w / 4.0 + u) + (u % 5 - 2) * w * 0.6 + (hashint8(u * 1000 + w) & 63))::float8 AS spend,
       (hashint8(u * 3 + w) & 7)::float8 AS logins
FROM generate_series(1, 6000) u, generate_series(0, 39) w;
CREATE TABLE fc_others AS SELECT * FROM fc WHERE user_id > 3000;
DELETE FROM fc WHERE user_id > 3000;
\set slow 1
\getenv slow SLOW
SELECT promoted, reason, metric, value < 0.8 * baseline AS far_better_than_counting, epochs <= 30 AS soon, elapsed_seconds < 60 * :slow AS fast
FROM usercls.train_sequence('fc', 'fc', trend_of => 'spend', features => '{spend,logins}', window_periods => 26);
SELECT metric, CASE metric WHEN 'log_loss' THEN value < baseline ELSE value > baseline END AS better
FROM usercls.evaluate('fc', 'fc_others', replicates => 0) WHERE baseline IS NOT NULL ORDER BY metric;
-- Already the first epoch is: the network begins as what counting says.
SELECT value < 0.8 * baseline AS better
FROM usercls.train_sequence('fc_first', 'fc', trend_of => 'spend', features => '{spend,logins}', window_periods => 26,
                            hyperparams => '{"max_epochs": 1, "learning_rate": 1e-7}');

-- The label is the most probable class, at every door.
CREATE TABLE fc_scored AS SELECT * FROM usercls.classify_users('fc');
SELECT count(*) AS users, bool_and(probability = (SELECT max(p) FROM unnest(probabilities) p)) AS largest FROM fc_scored;
CREATE TABLE fc_seq AS
SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend, logins], interval '7 days', timestamptz '2025-04-14', '2025-10-13') AS seq
FROM fc GROUP BY user_id;
SELECT bool_and(p.probability = (SELECT max(x) FROM unnest(p.probabilities) x)) AS predict
FROM fc_seq, LATERAL usercls.predict('fc', seq) p;
-- Plain values are enough for predict(): the network makes what else it reads of them, by name, by value and in bulk.
SELECT max(abs(c.probability - (usercls.predict('fc', s.seq)).probability)) < 1e-5 AS as_classify_users
FROM usercls.classify_users('fc', '2025-10-13') c JOIN fc_seq s USING (user_id);
SELECT bool_and(b.probabilities = (usercls.predict('fc', s.seq)).probabilities) AS as_value
FROM (SELECT usercls.export_model('fc') AS weights) m, fc_seq s, LATERAL usercls.predict(m.weights, s.seq) b;
SELECT max(abs(c.probability - (usercls.predict('fc', s.seq)).probability)) < 1e-5 AS as_classify_sequences
FROM usercls.classify_sequences('fc', 'fc_seq') c JOIN fc_seq s USING (user_id);

-- A history that begins late has empty periods before it, which the labeler counts: one purchase is a rise.
SELECT count(DISTINCT round(usercls.score('fc', seq, 'potential')::numeric, 6)) = 2 AS other_windows_other_answers
FROM (VALUES (array_fill(50, ARRAY[26, 2])::float8[]), (array_fill(50, ARRAY[3, 2])::float8[])) v(seq);

-- Rare classes that nothing tells apart: the label is what most are, unless the training asked for a balanced decision.
CREATE TABLE fc_rare AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts, (hashint8(u * 1000 + w) & 63)::float8 AS noise,
       CASE WHEN u % 20 = 0 THEN 'high' WHEN u % 20 = 1 THEN 'low' ELSE 'most' END AS kind
FROM generate_series(1, 1000) u, generate_series(0, 11) w;
SELECT value <= baseline * 1.05 AS no_worse FROM usercls.train_sequence('fc_rare', 'fc_rare', label_column => 'kind',
	features => '{noise}', window_periods => 8, promote => 'always', hyperparams => '{"hidden_size": 4, "max_epochs": 3}');
SELECT label, count(*) FROM usercls.classify_users('fc_rare') GROUP BY label;
SELECT version FROM usercls.train_sequence('fc_rare', 'fc_rare', label_column => 'kind', decision => 'balanced',
	features => '{noise}', window_periods => 8, promote => 'always', hyperparams => '{"hidden_size": 4, "max_epochs": 3}');
SELECT count(DISTINCT label) > 1 AS other_labels, max(abs((SELECT sum(p) FROM unnest(probabilities) p) - 1)) < 1e-6 AS probabilities,
       avg(probabilities[1]) < 0.2 AS as_they_are
FROM usercls.classify_users('fc_rare');
-- Factors that make macro-F1 the largest: the same probabilities, and more users of the rare labels than are probably so.
SELECT promoted FROM usercls.train_sequence('fc_factors', 'fc', trend_of => 'spend', features => '{spend,logins}', window_periods => 26,
                                            decision => 'macro_f1');
SELECT bool_and(f.probabilities = l.probabilities) AS same, count(*) FILTER (WHERE f.label <> 'stable') > count(*) FILTER (WHERE l.label <> 'stable') AS more,
       bool_and(f.label = l.label OR l.label = 'stable') AS where_stable
FROM usercls.classify_users('fc_factors') f JOIN usercls.classify_users('fc') l USING (user_id);
-- The decision is part of what is stored: a retraining decides alike.
CALL usercls.retrain('fc_rare');
SELECT spec::jsonb ->> 'decision' AS decision, count(*) FROM usercls.versions WHERE model = 'fc_rare' GROUP BY 1 ORDER BY 1;
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', decision => 'best')$$);
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', decision => NULL)$$);

-- A model that is worse than counting is stored and not promoted, and says so; whoever wants it promotes it.
SET client_min_messages = error;
SELECT version, promoted, reason LIKE 'not surely better than a rule without a model: % against % of %' AS why
FROM usercls.train_sequence('fc_worse', 'fc', trend_of => 'spend', features => '{spend}', window_periods => 26,
                            hyperparams => '{"hidden_size": 4, "max_epochs": 1, "baseline": false, "summary_size": 0,
                                             "learning_rate": 1, "warmup_epochs": 0, "clip_norm": 0}');
SELECT promoted_version IS NULL AS nobody FROM usercls.models WHERE model = 'fc_worse';
SELECT promoted, reason
FROM usercls.train_sequence('fc_worse', 'fc', trend_of => 'spend', features => '{spend}', window_periods => 26, promote => 'always',
                            hyperparams => '{"hidden_size": 4, "max_epochs": 1, "baseline": false, "summary_size": 0,
                                             "learning_rate": 1, "warmup_epochs": 0, "clip_norm": 0}');
SET client_min_messages = warning;

-- No label of a future that is not there. The newest row is of 2025-10-06.
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', window_periods => 12, as_of => '2025-11-02')$$);
SELECT fc_try($$SELECT usercls.evaluate('fc', as_of => '2025-10-06')$$);
SELECT fc_try($$SELECT usercls.evaluate('fc', 'fc', as_of => '2025-10-06')$$);
SELECT fc_try($$CALL usercls.retrain('fc', as_of => '2025-11-02')$$);
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', window_periods => 12, horizon_periods => 0, as_of => '2025-11-02')$$);
SELECT fc_try($$SELECT usercls.train_sequence('fc_rare', 'fc_rare', label_column => 'kind', horizon_periods => 4, as_of => '2026-03-30')$$);
-- The latest one that the hint names is taken, and so is a window whose last period has begun.
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', window_periods => 12, dry_run => true, as_of => '2025-09-08')$$);
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc', trend_of => 'spend', window_periods => 12, dry_run => true, as_of => '2025-09-14')$$);
-- A period that is empty for everybody, with rows after it, is what it is.
CREATE VIEW fc_closed AS SELECT * FROM fc WHERE ts < '2025-08-01' OR ts > '2025-08-31';
SELECT fc_try($$SELECT usercls.train_sequence('fc', 'fc_closed', trend_of => 'spend', window_periods => 12, dry_run => true, as_of => '2025-08-01')$$);
DROP VIEW fc_closed;

SELECT usercls.drop_model(m) FROM unnest('{fc,fc_first,fc_rare,fc_factors,fc_worse}'::text[]) m;
DROP TABLE fc, fc_others, fc_rare, fc_scored, fc_seq;
DROP FUNCTION fc_try(text);
