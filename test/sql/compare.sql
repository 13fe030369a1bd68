-- if_better: versions of other features, windows, horizons and classes are compared on the users that both held out, or the reason says why not.
SET client_min_messages = error;
SET timezone = 'UTC';
CREATE TABLE comp_events AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts,
       (hashint8(u * 100 + w) & 15) + CASE WHEN u % 2 = 0 THEN w / 3.0 ELSE 0 END AS spend, (hashint8(u * 200 + w) & 15)::float8 AS noise, 1.0::float8 AS flat,
       (ARRAY['even', 'odd'])[u % 2 + 1] AS label, (ARRAY['zero', 'one', 'two'])[u % 3 + 1] AS other,
       CASE WHEN u % 10 = 0 THEN 'ten' ELSE (ARRAY['even', 'odd'])[u % 2 + 1] END AS more
FROM generate_series(1, 400) AS u, generate_series(0, 15) AS w;
CREATE FUNCTION attempt(label name, features name[], periods int, more jsonb DEFAULT '{}', source regclass DEFAULT 'comp_events')
RETURNS TABLE (version int, promoted boolean, reason text) LANGUAGE sql AS $$
	SELECT version, promoted, regexp_replace(reason, '[0-9]+\.[0-9e-]+|( )1( )', '\1#\2', 'g')
	FROM usercls.train_sequence('comp', source, label_column => label, features => features, window_periods => periods, as_of => '2026-04-13',
		horizon_periods => coalesce((more->>'horizon')::int, 0), period => coalesce(more->>'period', '7 days')::interval, seed => coalesce((more->>'seed')::int, 42),
		validation => coalesce(more->'validation', '{}'), active_only => coalesce((more->>'active_only')::boolean, false), time_zone => coalesce(more->>'zone', 'UTC'), warm_start => (more->>'warm')::int, hyperparams => '{"hidden_size": 8, "max_epochs": 30}', promote => coalesce(more->>'promote', 'if_better'))
$$;
-- A feature that says nothing is no better than the shares of the classes; whoever wants the version says so.
SELECT promoted, reason LIKE 'not surely better than a rule without a model: log_loss % (% standard errors, not 2)' AS why FROM attempt('label', '{flat}', 4);
SELECT usercls.drop_model('comp') IS NOT NULL AS dropped;
SELECT * FROM attempt('label', '{flat}', 4, '{"promote": "always"}');
-- The same, and better: other features, a longer window, another period, another architecture.
SELECT * FROM attempt('label', '{spend}', 12);
SELECT reason FROM attempt('label', '{noise}', 3);
SELECT reason FROM attempt('label', '{noise}', 3, '{"period": "14 days"}');
SELECT reason FROM attempt('label', '{noise}', 3, '{"horizon": 2}');
-- A figure that is known: with the same features in another order the promoted version has the figure that it had.
SELECT abs(substring(r.reason FROM 'log_loss ([0-9.e-]+) ')::float8 - r.value) < 5e-4 AS own, abs(substring(r.reason FROM 'against ([0-9.e-]+) ')::float8 - p.value) < 5e-4 AS promoted
FROM usercls.train_sequence('comp', 'comp_events', label_column => 'label', features => '{noise,spend}', window_periods => 12,
	as_of => '2026-04-13', horizon_periods => 0, hyperparams => '{"hidden_size": 8, "max_epochs": 3}') AS r,
     (SELECT value FROM usercls.versions WHERE model = 'comp' AND promoted) AS p;
-- Another seed: only those whom both held out. A version that learned from everybody, and one that measures nobody.
SELECT reason FROM attempt('label', '{noise}', 3, '{"seed": 7}');
SELECT reason FROM attempt('label', '{noise}', 3, '{"seed": 7, "validation": {"share": 0.02}}');
SELECT reason FROM attempt('label', '{noise}', 3, '{"validation": {"method": "none"}}');
-- Another time zone, and users who have fallen silent: of these the promoted version says nothing when it knows active ones only.
SELECT reason FROM attempt('label', '{noise}', 3, '{"zone": "Asia/Tokyo"}');
DELETE FROM comp_events WHERE user_id % 4 = 1 AND ts > '2026-01-18';
SELECT promoted FROM attempt('label', '{spend}', 12, '{"active_only": true, "promote": "always"}');
SELECT regexp_replace(reason, '[0-9]+ of', '# of') AS reason FROM attempt('label', '{noise}', 3);
SELECT count(*) AS silent_at_last FROM (SELECT user_id FROM comp_events GROUP BY user_id HAVING max(ts) < '2026-01-19') AS s;
-- Classes: as far as both have them.
SELECT reason FROM attempt('more', '{noise}', 3);
SELECT reason FROM attempt('other', '{noise}', 3);
-- Columns that are gone; an import that does not say what it learned from.
CREATE VIEW comp_less AS SELECT user_id, ts, noise, label FROM comp_events;
SELECT reason FROM attempt('label', '{noise}', 3, source => 'comp_less');
CREATE VIEW comp_text AS SELECT user_id, ts, noise, label, spend::text FROM comp_events;
SELECT reason FROM attempt('label', '{noise}', 3, source => 'comp_text');
SELECT usercls.import_model('comp', usercls.export_model('comp'), promote => 'always') AS imported \gset
SELECT replace(reason, :'imported', 'N') AS reason FROM attempt('label', '{spend}', 12);
SELECT usercls.import_model('comp', usercls.export_model('comp', 2), promote => 'always', spec => (SELECT spec::jsonb - '{split,seed,validation}'::text[] FROM usercls.versions WHERE model = 'comp' AND version = 2)) AS imported \gset
SELECT replace(reason, :'imported', 'N') AS reason FROM attempt('label', '{spend}', 12);
SELECT usercls.import_model('comp', usercls.export_model('comp'), promote => 'always') AS imported \gset
SELECT replace(reason, :'imported', 'N') AS reason FROM attempt('label', '{noise}', 3);
RESET client_min_messages;
\set VERBOSITY terse
SELECT usercls.import_model('comp', usercls.export_model('comp'), promote => 'if_better') > 0 AS imported;
\set VERBOSITY default
SET client_min_messages = error;
-- Each run has its decision.
SELECT decision, count(*) > 1 AS several, bool_and(reason IS NOT NULL) AS reasons, bool_and(error IS NULL) AS good, bool_and(state = 'finished') AS finished
FROM usercls.training_runs WHERE model = 'comp' GROUP BY 1 ORDER BY 1;

-- Uplift: by the same rules.
CREATE TABLE comp_users AS
SELECT u AS user_id, u % 7 AS age, (hashint8(u) & 15) AS visits, (hashint8(u * 3) & 1) AS treated, ((hashint8(u * 5) & 3) = 0)::int AS outcome FROM generate_series(1, 600) AS u;
CREATE TABLE comp_edges AS SELECT 1 AS src, 2 AS dst;
CREATE FUNCTION lift(features name[], seed int DEFAULT 42, validation jsonb DEFAULT '{}', users regclass DEFAULT 'comp_users')
RETURNS TABLE (promoted boolean, reason text) LANGUAGE sql AS $$
	SELECT promoted, regexp_replace(reason, '-?[0-9]+\.?[0-9e-]* against -?[0-9]+\.?[0-9e-]*', '# against #')
	FROM usercls.train_uplift('comp_lift', users, 'comp_edges', features => features, seed => seed, validation => validation, hyperparams => '{"hidden_size": 4, "max_epochs": 2}')
$$;
SELECT * FROM lift('{age}');
SELECT usercls.promote('comp_lift', 1);
SELECT reason FROM lift('{visits}');
SELECT usercls.promote('comp_lift', 1);
SELECT reason FROM lift('{visits}', 7);
SELECT usercls.promote('comp_lift', 1);
SELECT promoted, reason FROM lift('{visits}', 7, '{"share": 0.02}');
SELECT promoted, reason FROM lift('{visits}', validation => '{"method": "none"}');
CREATE VIEW comp_fewer AS SELECT user_id, visits, treated, outcome FROM comp_users;
SELECT promoted, reason FROM lift('{visits}', users => 'comp_fewer');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'comp%' ORDER BY model;
DROP TABLE comp_events, comp_users, comp_edges CASCADE;
DROP FUNCTION attempt, lift;
