-- An outcome that is a number: ranges of it are the classes, and forecast() says what their probabilities mean.
\set VERBOSITY terse
SET timezone = 'UTC';
SET datestyle = iso;
SET client_min_messages = warning;
CREATE TABLE num_rows AS -- a quarter leaves: zeros; the rest differ by user, and by week
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (u % 20 + abs(hashint8(u * 100 + w)) % 5)::float8 AS spend
FROM generate_series(1, 600) u, generate_series(0, 29) w WHERE NOT (u % 4 = 0 AND w > 22);
CREATE VIEW num_truth AS SELECT u AS user_id, coalesce(sum(spend) FILTER (WHERE ts > '2026-06-29' AND ts <= '2026-07-27'), 0) AS spend FROM generate_series(1, 600) u JOIN num_rows ON user_id = u GROUP BY u;

-- The ranges hold everybody once, fewer the further off the median; zero is one of its own.
SELECT (SELECT sum(v::int) FROM jsonb_each_text(classes) e(k, v)) AS users, classes ->> '0' AS zeros, (SELECT count(*) FROM jsonb_object_keys(classes)) AS ranges
FROM usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => 'coalesce(sum(spend), 0)', dry_run => true);
SELECT (SELECT count(*) FROM num_truth WHERE spend = 0) AS zeros;
SELECT type, (SELECT count(*) FROM jsonb_object_keys((usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => format('coalesce(sum(spend), 0)::%s', type), dry_run => true)).classes)) AS ranges
FROM unnest('{numeric,real,double precision}'::text[]) type;
-- Of few users few ranges; null is not known.
CREATE TABLE num_few AS SELECT * FROM num_rows WHERE user_id % 15 = 1;
SELECT (SELECT count(*) FROM jsonb_object_keys(classes)) AS ranges, rows_train + rows_held_out AS users FROM usercls.train_sequence('num', 'num_few', features => '{spend}', outcome => 'avg(spend)', dry_run => true);
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => 'sum(spend)', dry_run => true);

-- Closed form: a network that has learned nothing forecasts the mean of all, and their quantiles as far as a range is wide.
SELECT version FROM usercls.train_sequence('num_none', 'num_rows', features => '{spend}', outcome => 'coalesce(sum(spend), 0)', validation => '{"method": "none"}', hyperparams => '{"hidden_size": 4, "max_epochs": 1, "learning_rate": 1e-7, "summary_size": 0}', promote => 'always');
SELECT abs(f.mean / t.mean - 1) < 1e-3 AS mean, abs(f.low - t.low) < 1e-6 AS low, abs(f.median - t.median) < 2 AS median, abs(f.high - t.high) < 2 AS high
FROM (SELECT avg(spend) AS mean, percentile_cont(0.1) WITHIN GROUP (ORDER BY spend) AS low, percentile_cont(0.5) WITHIN GROUP (ORDER BY spend) AS median, percentile_cont(0.9) WITHIN GROUP (ORDER BY spend) AS high FROM num_truth) t,
     usercls.predict('num_none', ARRAY[3, 4, 5]::float8[]) p, usercls.forecast('num_none', p.probabilities) f;
-- By hand: mass on one range, on two, on none of the first.
SELECT (f1).mean = (f1).median IS NOT NULL AS one, (f2).low = (f1).mean AND (f2).median = (f1).mean AS zero_first, (f2).high > 0 AS then_more, abs((f2).mean - 0.5 * (f3).mean) < 1e-9 AS halves
FROM (SELECT usercls.forecast('num_none', ARRAY[1] || array_fill(0::float8, ARRAY[17])) AS f1, usercls.forecast('num_none', ARRAY[0.5, 0.5] || array_fill(0::float8, ARRAY[16])) AS f2,
      usercls.forecast('num_none', ARRAY[0, 1] || array_fill(0::float8, ARRAY[16])) AS f3) x;

-- It learns, at every door: errors far below those of the mean and the median, an interval that holds what it says.
SELECT value < baseline AS better, promoted FROM usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => 'coalesce(sum(spend), 0)', hyperparams => '{"hidden_size": 16, "max_epochs": 30}');
SELECT metric, value < 0.5 * baseline AS half_of_the_rule, ci_low <= value AND value <= ci_high AS interval, n FROM usercls.evaluate('num') ORDER BY 1;
SELECT value BETWEEN 0.7 AND 1 AS covers FROM usercls.evaluate('num', replicates => 0) WHERE metric LIKE 'coverage%';
SELECT metric, n FROM usercls.evaluate('num', 'num_rows', as_of => '2026-06-22', replicates => 0) ORDER BY 1;
SELECT count(*) AS users, corr(f.mean, t.spend) > 0.95 AS mean, bool_and(f.low <= f.median AND f.median <= f.high) AS ordered
FROM usercls.classify_users('num') c JOIN num_truth t USING (user_id), usercls.forecast('num', c.probabilities) f;
SELECT bool_and(abs(a.mean - b.mean) < 1e-9 AND a.low = b.low) AS by_value FROM usercls.classify_users('num') c, usercls.forecast('num', c.probabilities) a, usercls.forecast(usercls.export_model('num'), c.probabilities) b;
CALL usercls.refresh_scores('num', 'num_scores');
SELECT bool_and(abs(s.mean - f.mean) < 1e-6 * (1 + f.mean) AND s.score = s.mean AND s.low = f.low AND s.high = f.high) AS as_forecast, min(s.rank) AS first
FROM num_scores s JOIN usercls.classify_users('num') c USING (user_id), usercls.forecast('num', c.probabilities) f;
SELECT user_id % 20 AS who FROM num_scores WHERE rank = 1;
SELECT sum(n) FROM usercls.calibration('num');
SELECT feature FROM usercls.drift('num');
-- Later versions keep the ranges, and can be compared.
CALL usercls.retrain('num');
CALL usercls.retrain('num', as_of => '2026-06-22');
SELECT version, reason ~ '^log_loss' OR reason ~ '^no version' AS decided FROM usercls.training_runs WHERE model = 'num' ORDER BY run_id;
SELECT count(DISTINCT classes) AS ranges FROM usercls.versions WHERE model = 'num';
-- Several cutoffs; export and import.
SELECT rows_train + rows_held_out AS sequences, cutoffs FROM usercls.train_sequence('num_cut', 'num_rows', features => '{spend}', outcome => 'coalesce(sum(spend), 0)', cutoffs => '3', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT metric, n FROM usercls.evaluate('num_cut', replicates => 10) WHERE metric = 'mae';
SELECT usercls.import_model('num_again', usercls.export_model('num', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'num' AND version = 1), promote => 'always');
SELECT metric, n FROM usercls.evaluate('num_again', as_of => '2026-06-29', replicates => 0) WHERE metric = 'mae';

-- Errors.
SELECT usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => 'sum(''NaN''::float8)', dry_run => true);
\set VERBOSITY default
SELECT usercls.forecast('num', ARRAY[0.5, 0.5]);
SELECT usercls.forecast('num', array_fill(2::float8, ARRAY[18]));
SELECT usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => '0.5 * max(1)', dry_run => true);
SELECT usercls.train_sequence('num', 'num_rows', features => '{spend}', outcome => 'max(ts)', dry_run => true);
SELECT version FROM usercls.train_sequence('num_class', 'num_rows', features => '{spend}', outcome => 'count(*) = 0', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT usercls.forecast('num_class', ARRAY[0.5, 0.5]);

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'num%' ORDER BY model;
DROP TABLE num_rows, num_few, num_scores CASCADE;
