-- Features are columns, or aggregate expressions over a period's rows.
\set VERBOSITY terse
SET timezone = 'UTC';
SET datestyle = iso;
SET client_min_messages = warning;
CREATE TYPE fea_kind AS ENUM ('visit', 'order', 'refund');
CREATE TABLE fea_rows AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' + k * interval '1 day' AS ts, (abs(hashint8(u * 1000 + w * 10 + k)) % 50)::float8 AS amount,
       (enum_range(NULL::fea_kind))[1 + abs(hashint8(u + w * 7 + k)) % 3] AS kind, chr(97 + abs(hashint8(u * 31 + w + k)) % 12) AS page, abs(hashint8(u + k)) % 2 = 0 AS mobile, NULL::text AS nothing
FROM generate_series(1, 200) u, generate_series(0, 23) w, generate_series(0, 2) k WHERE abs(hashint8(u * 7 + w)) % 5 > 0 AND NOT (u % 4 = 0 AND w > 18);
CREATE VIEW fea_view AS SELECT user_id::text AS user_id, ts::timestamp AS ts, amount, kind, page, mobile FROM fea_rows;
CREATE VIEW fea_days AS SELECT user_id, ts::date AS ts, amount, kind, page, mobile FROM fea_rows;

-- What a model reads is what plain SQL says of each period, by columns and expressions in any order.
SELECT features FROM usercls.train_sequence('fea', 'fea_rows', features => ARRAY['count(*)', 'amount', 'avg(amount)', 'mobile', 'sum(amount) FILTER (WHERE kind = ''refund'')', 'count(DISTINCT page)'],
	outcome => 'count(*) = 0', window_periods => 6, hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
CREATE FUNCTION fea_plain(as_of timestamptz) RETURNS TABLE (user_id int, seq float8[]) LANGUAGE sql AS $$
	SELECT u, array_agg(ARRAY[n, amount, mean, mobile, refund, pages]::float8[] ORDER BY p)
	FROM (SELECT DISTINCT r.user_id AS u FROM fea_rows r WHERE ts <= as_of) us CROSS JOIN generate_series(0, 5) p CROSS JOIN LATERAL
	     (SELECT NULLIF(count(*), 0) AS n, sum(amount) AS amount, avg(amount) AS mean, sum(mobile::int) AS mobile, sum(amount) FILTER (WHERE kind = 'refund') AS refund, NULLIF(count(DISTINCT page), 0) AS pages
	      FROM fea_rows r WHERE r.user_id = u AND ts > as_of - (6 - p) * interval '7 days' AND ts <= as_of - (5 - p) * interval '7 days') x GROUP BY u
$$;
CREATE INDEX ON fea_rows (user_id, ts);
SELECT as_of, count(*) AS users, bool_and(m.seq = p.seq) AS as_sql
FROM unnest('{2026-05-04,2026-05-05 12:00Z,2026-06-22}'::timestamptz[]) as_of, usercls.sequences('fea', as_of) m JOIN fea_plain(as_of) p USING (user_id) GROUP BY 1 ORDER BY 1;
-- The same by a view of timestamps, with ids of another type; by dates, where a day is its midnight.
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('fea_view', 'fea_view', features => ARRAY['count(*)', 'amount', 'avg(amount)', 'mobile', 'sum(amount) FILTER (WHERE kind = ''refund'')', 'count(DISTINCT page)'],
	outcome => 'count(*) = 0', window_periods => 6, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT count(*) AS users, bool_and(m.seq = p.seq) AS as_sql FROM usercls.sequences('fea_view', '2026-05-05 12:00Z', NULL::text) m JOIN fea_plain('2026-05-05 12:00Z') p ON p.user_id::text = m.user_id;
SELECT rows_train + rows_held_out AS users FROM usercls.train_sequence('fea_days', 'fea_days', features => ARRAY['count(*)'], outcome => 'count(*) = 0', window_periods => 6, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT user_id, seq FROM usercls.sequences('fea_days', '2026-05-05') WHERE user_id IN (1, 2) ORDER BY 1;
SELECT user_id, count(*) AS last_period FROM fea_days WHERE user_id IN (1, 2) AND ts > '2026-04-28' AND ts <= '2026-05-05' GROUP BY 1 ORDER BY 1;

-- An enum and a text: a channel for each value, at most eight and one for all others, as far as they are known at the cutoff.
SELECT features FROM usercls.train_sequence('fea_kinds', 'fea_rows', features => '{kind,page}', outcome => 'count(*) = 0', window_periods => 6, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always');
SELECT count(*) AS users, bool_and((SELECT sum(v) FROM unnest(seq[1:6][1:3]) v) IS NOT DISTINCT FROM n AND (SELECT sum(v) FROM unnest(seq[1:6][4:12]) v) IS NOT DISTINCT FROM n) AS each_row_once
FROM usercls.sequences('fea_kinds', '2026-05-04') JOIN (SELECT user_id, NULLIF(count(*) FILTER (WHERE ts > timestamptz '2026-05-04' - interval '42 days'), 0) AS n FROM fea_rows WHERE ts <= '2026-05-04' GROUP BY 1) c USING (user_id);
CREATE TABLE fea_late AS SELECT user_id, ts, amount, CASE WHEN ts > '2026-05-04' THEN 'new' ELSE 'old' || user_id % 2 END AS page FROM fea_rows;
SELECT features FROM usercls.train_sequence('fea_late', 'fea_late', features => '{page}', outcome => 'count(*) FILTER (WHERE amount > 40) > 2', as_of => '2026-05-04', dry_run => true);

-- Expressions see nothing after the cutoff, at the cutoff itself they do.
CREATE FUNCTION fea_leak(written timestamptz) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	found text[];
BEGIN
	CREATE TEMP TABLE fea_planted AS SELECT user_id, ts, amount, 0 AS answer FROM fea_rows UNION ALL SELECT u, written, 0, (u % 4 = 0)::int FROM generate_series(1, 200) u;
	SELECT telling INTO found FROM usercls.train_sequence('fea', 'fea_planted', features => ARRAY['amount', 'max(answer)'], outcome => 'count(*) FILTER (WHERE amount > 0) = 0', as_of => '2026-05-25', window_periods => 8, dry_run => true);
	DROP TABLE fea_planted;
	RETURN found;
END $$;
SET client_min_messages = error;
SELECT w AS written, 'max(answer)' = ANY (fea_leak(w)) AS seen FROM unnest('{2026-05-24 23:59:59Z,2026-05-25,2026-05-25 00:00:00.000001Z,2026-05-25 00:00:01Z}'::timestamptz[]) w;

-- Every door, at several cutoffs.
SELECT rows_train + rows_held_out AS sequences, users, cutoffs FROM usercls.train_sequence('fea_doors', 'fea_rows', features => ARRAY['kind', 'amount', 'max(amount) - min(amount)'], outcome => 'count(*) = 0', cutoffs => '3', cutoff_every => '1 week',
	window_periods => 6, hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
SELECT count(*) FROM usercls.classify_users('fea_doors');
SELECT n > 0 AS measured FROM usercls.evaluate('fea_doors', replicates => 0) WHERE metric = 'log_loss';
SELECT sum(n) > 0 AS binned FROM usercls.calibration('fea_doors');
SELECT feature FROM usercls.drift('fea_doors');
CALL usercls.refresh_scores('fea_doors', 'fea_scores');
CALL usercls.retrain('fea_doors', promote => 'never');
SELECT features FROM usercls.versions WHERE model = 'fea_doors' ORDER BY version;
SELECT reason ~ '^log_loss' AS compared FROM usercls.train_sequence('fea_doors', 'fea_rows', features => '{amount}', outcome => 'count(*) = 0', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT usercls.import_model('fea_again', usercls.export_model('fea_doors', 1), spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'fea_doors' AND version = 1), promote => 'always');
SELECT bool_and(a.probabilities = b.probabilities) AS same FROM usercls.classify_users('fea_doors') a JOIN usercls.classify_users('fea_again') b USING (user_id);
-- A label column and a trend have them, too; features of type name[], as they were.
SELECT features FROM usercls.train_sequence('fea_label', 'fea_rows', features => ARRAY['count(*)'], label_column => 'mobile', dry_run => true);
SELECT features FROM usercls.train_sequence('fea_trend', 'fea_rows', features => ARRAY['count(*)', 'amount'], trend_of => 'amount', trend_rule => '{"potential_at": 1, "high_risk_at": -1}', dry_run => true);
SELECT features FROM usercls.train_sequence('fea_names', 'fea_rows', features => '{amount,mobile}'::name[], outcome => 'count(*) = 0', dry_run => true);

-- Errors.
\set VERBOSITY default
SELECT usercls.train_sequence('fea', 'fea_rows', features => '{amunt}', outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => '{amount + 1}', outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => '{max(page)}', outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => ARRAY['count(*), 1'], outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => ARRAY['count(*'], outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => ARRAY['count(*)', 'count(*)'], outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => '{nothing}', outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => '{ts}', outcome => 'count(*) = 0', dry_run => true);

\set VERBOSITY terse
SELECT usercls.train_sequence('fea', 'fea_rows', features => ARRAY['sum(1 / (amount - amount))'], outcome => 'count(*) = 0', dry_run => true);
SELECT usercls.train_sequence('fea', 'fea_rows', features => ARRAY['max(''NaN''::float8)'], outcome => 'count(*) = 0', dry_run => true);

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'fea%' ORDER BY model;
DROP TABLE fea_rows, fea_late, fea_scores CASCADE;
DROP FUNCTION fea_plain, fea_leak;
DROP TYPE fea_kind;
