-- What a statement does once, and what it does only when its transaction commits.
SET timezone = 'UTC';
CREATE TABLE one_events AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts, (sin(u * w) + 0.7 * (u % 2))::float8 AS spend, u % 2 AS label
FROM generate_series(1, 60) AS u, generate_series(0, 3) AS w;
CREATE TABLE one_users AS SELECT u AS user_id, u % 7 AS age, u % 2 AS treated, (u % 3 = 0)::int AS outcome FROM generate_series(1, 60) AS u;
CREATE TABLE one_edges AS SELECT 1 AS src, 2 AS dst;
CREATE FUNCTION versions() RETURNS text LANGUAGE sql AS
$$ SELECT coalesce(string_agg(model || ' ' || version, ', ' ORDER BY model, version), 'none') FROM usercls.versions WHERE model LIKE 'one%' $$;
\set sequence 'usercls.train_sequence(''one_sequence'', ''one_events'', label_column => ''label'', horizon_periods => 0, window_periods => 4, as_of => ''2026-02-02'', hyperparams => ''{"hidden_size": 4, "max_epochs": 1}'', promote => ''always'')'
\set uplift 'usercls.train_uplift(''one_uplift'', ''one_users'', ''one_edges'', features => ''{age}'', hyperparams => ''{"hidden_size": 4, "max_epochs": 1}'', promote => ''always'')'

-- (f(...)).* stands for a call for each column.
SELECT (:sequence).*;
SELECT (:uplift).*;
SELECT versions();
SELECT (:uplift).version, (:uplift).promoted;
INSERT INTO one_edges (src) SELECT (:uplift).version UNION ALL SELECT (:uplift).version;
CREATE TABLE one_results AS SELECT (:sequence).*;
SELECT versions();
-- Once is right: in FROM, of a row, for each row, in a loop, and one after the other.
SELECT version, promoted FROM :sequence;
SELECT (r).version, (r).promoted FROM (SELECT :uplift AS r OFFSET 0) AS s;
SELECT (:uplift).version FROM generate_series(1, 2);
DO $$
DECLARE
	first usercls.train_result;
	second usercls.train_result;
BEGIN
	FOR i IN 1 .. 2 LOOP
		PERFORM usercls.train_uplift('one_loop', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
	END LOOP;
	first := usercls.train_uplift('one_loop', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
	second := usercls.train_uplift('one_loop', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
	IF second.version <> first.version + 1 THEN
		RAISE 'two statements are two trainings';
	END IF;
END $$;
SELECT versions();
-- Other arguments are another call.
SELECT (usercls.train_uplift('one_a', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}')).version AS a,
       (usercls.train_uplift('one_b', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}')).version AS b;

-- Outside a transaction block what is done is done, and nothing more is said.
SELECT usercls.promote('one_uplift', 1);
SELECT usercls.rollback('one_uplift');
SELECT reason FROM :uplift;
-- In one it may still be taken back: each door says so.
BEGIN;
SELECT version, promoted, reason FROM :sequence;
SELECT version, promoted, reason FROM usercls.train_uplift('one_uplift', 'one_users', 'one_edges', features => '{age}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'never');
SELECT usercls.promote('one_uplift', 2);
SELECT usercls.rollback('one_uplift');
SELECT usercls.import_model('one_copy', usercls.export_model('one_uplift'));
CALL usercls.retrain('one_uplift', promote => 'always');
CALL usercls.refresh_scores('one_uplift', 'one_scores');
SELECT version IS NULL AS dry, reason FROM usercls.train_uplift('one_uplift', 'one_users', 'one_edges', features => '{age}', dry_run => true);
COMMIT;
-- The history does not say it: there it has happened.
SELECT count(*) AS pending FROM usercls.deployments WHERE reason LIKE '%commits%';
CALL usercls.retrain('one_uplift', promote => 'always');

SET client_min_messages = warning;
SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'one%' ORDER BY model;
DROP TABLE one_events, one_users, one_edges, one_scores;
DROP FUNCTION versions;
