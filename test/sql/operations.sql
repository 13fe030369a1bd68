-- What a DBA schedules: retrain and refresh_scores.
\set SHOW_CONTEXT never
SET client_min_messages = error; -- what tells the label here is meant to
\set SHOW_CONTEXT never
SET timezone = 'UTC';
CREATE TABLE ops_behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => d) AS ts,
       20 + (u % 2 - 0.5) * 0.2 * d + 5 * sin(u * d) AS spend, (ARRAY['down', 'up'])[u % 2 + 1] AS drift
FROM generate_series(1, 200) AS u, generate_series(0, 120, 2) AS d;
SELECT version FROM usercls.train_sequence('ops', 'ops_behaviour', label_column => 'drift', features => '{spend}',
                                           hyperparams => '{"hidden_size": 8, "max_epochs": 4}', as_of => '2026-03-01');

-- On the data of today, which end later.
INSERT INTO ops_behaviour
SELECT user_id, ts + interval '121 days', spend, drift FROM ops_behaviour WHERE ts < '2026-01-19';
CALL usercls.retrain('ops', promote => 'always', comment => 'nightly');
SELECT version, promoted, epochs, as_of, comment FROM usercls.versions WHERE model = 'ops' ORDER BY version;
SELECT r.version, count(*) AS epochs, r.finished_at IS NOT NULL AS finished
FROM usercls.training_runs r JOIN usercls.training_log l USING (run_id) WHERE r.model = 'ops' GROUP BY r.run_id, 1, 3 ORDER BY 1;

-- Within a transaction block it is atomic.
BEGIN;
CALL usercls.retrain('ops', warm_start => false, promote => 'always');
SELECT max(version) FROM usercls.versions WHERE model = 'ops';
ROLLBACK;
SELECT max(version) FROM usercls.versions WHERE model = 'ops';

-- As of another time, with workers, for a limited time (the first epoch is completed), keeping two versions, the promoted one, and the one that
-- rollback() returns to.
SET usercls.training_workers = 1;
CALL usercls.retrain('ops', as_of => '2026-03-01', warm_start => false, promote => 'never');
RESET usercls.training_workers;
SELECT sha256(usercls.export_model('ops', 1)) = sha256(usercls.export_model('ops', 3)) AS same_bits;
CALL usercls.retrain('ops', max_runtime => '1 microsecond', promote => 'never', keep_versions => 1);
SELECT version, promoted, epochs, as_of FROM usercls.versions WHERE model = 'ops' ORDER BY version;

-- A cancelled retrain leaves its run and the epochs that were complete, no version, and what answers as it was.
CREATE FUNCTION ops_runs(OUT version int, OUT epochs boolean) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT r.version, EXISTS (SELECT FROM usercls.training_log l WHERE l.run_id = r.run_id)
	FROM usercls.training_runs r WHERE r.model = 'ops' ORDER BY r.run_id DESC LIMIT 1
$$;
SELECT usercls.import_model('ops', usercls.export_model('ops'), promote => 'always',
	spec => jsonb_set((SELECT spec::jsonb FROM usercls.versions WHERE model = 'ops' AND promoted),
	                  '{hyperparams}', '{"hidden_size": 8, "max_epochs": 100000, "patience": 0}'));
\set slow 1
\getenv slow SLOW
SELECT 500 * :slow AS timeout \gset
SET statement_timeout = :timeout;
CALL usercls.retrain('ops');
RESET statement_timeout;
SELECT * FROM ops_runs();
SELECT state, decision, error, notices LIKE 'feature "spend" alone tells the label: %' AS said, finished_at FROM usercls.training_runs WHERE model = 'ops' ORDER BY run_id DESC LIMIT 1;
SELECT promoted_version, newest_version FROM usercls.models WHERE model = 'ops';
SELECT count(*) AS running FROM usercls.progress();
-- So does one that fails, whoever calls it, and before its first epoch; within a transaction block nothing is kept.
ALTER TABLE ops_behaviour RENAME spend TO spent;
CALL usercls.retrain('ops');
DO $$ BEGIN CALL usercls.retrain('ops'); END $$;
BEGIN;
CALL usercls.retrain('ops');
ROLLBACK;
DO $$ BEGIN CALL usercls.retrain('ops'); EXCEPTION WHEN undefined_column THEN RAISE WARNING 'caught: %', SQLERRM; END $$;
ALTER TABLE ops_behaviour RENAME spent TO spend;
-- A table that is gone is named, and on record, too.
ALTER TABLE ops_behaviour RENAME TO ops_away;
CALL usercls.retrain('ops');
SELECT state, error FROM usercls.training_runs WHERE model = 'ops' ORDER BY run_id DESC LIMIT 1;
ALTER TABLE ops_away RENAME TO ops_behaviour;
SELECT state, error, epochs FROM usercls.training_runs WHERE model = 'ops' AND error LIKE 'column%' ORDER BY run_id;
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';
CALL usercls.retrain('ops', max_runtime => '200 ms', promote => 'always');
SELECT promoted_version, newest_version FROM usercls.models WHERE model = 'ops';

-- Scores in a table of plain columns.
CALL usercls.refresh_scores('ops', 'ops_scores', batch_size => 64);
SELECT a.attname, a.atttypid::regtype, a.attnotnull, col_description(a.attrelid, a.attnum)
FROM pg_attribute a WHERE a.attrelid = 'ops_scores'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT obj_description('ops_scores'::regclass);
SELECT count(*) AS users, bool_and(s.label = c.label AND abs(s.probability - c.probability) < 1e-5) AS same,
       bool_and(s.version = m.promoted_version) AS version
FROM ops_scores s JOIN usercls.classify_users('ops') c USING (user_id), usercls.models m WHERE m.model = 'ops';

-- Only what changed is written: here one user's scores, one that was lost, one that is gone, and whose rank is another for it.
CREATE TABLE ops_before AS SELECT user_id, rank, xmin::text AS row FROM ops_scores;
UPDATE ops_scores SET probability = 0.123 WHERE user_id = 5;
DELETE FROM ops_scores WHERE user_id = 6;
DELETE FROM ops_behaviour WHERE user_id = 7;
CALL usercls.refresh_scores('ops', 'ops_scores');
SELECT coalesce(s.user_id, b.user_id) AS user_id, s.user_id IS NULL AS gone, b.row IS DISTINCT FROM s.xmin::text AS written
FROM ops_scores s FULL JOIN ops_before b USING (user_id)
WHERE b.row IS DISTINCT FROM s.xmin::text AND (user_id IN (5, 6, 7) OR b.rank IS NOT DISTINCT FROM s.rank) ORDER BY 1;
SELECT count(*) AS locked FROM ops_scores JOIN ops_before USING (user_id, rank) WHERE ops_scores.xmax <> '0' AND user_id <> 5;
BEGIN;
CALL usercls.refresh_scores('ops', 'ops_scores', as_of => '2026-02-01');
ROLLBACK;

-- Ids of any type, and uplift models.
CREATE VIEW ops_text AS SELECT 'user ' || user_id AS user_id, ts, spend, drift FROM ops_behaviour;
SELECT version FROM usercls.train_sequence('ops_text', 'ops_text', label_column => 'drift',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
CALL usercls.refresh_scores('ops_text', 'ops_text_scores');
SELECT count(*), min(user_id), pg_typeof(min(user_id)) FROM ops_text_scores;
CREATE TABLE ops_users AS SELECT u AS user_id, u % 2 AS treated, (u % 3 = 0)::int AS outcome, u % 5 AS age FROM generate_series(1, 100) u;
CREATE TABLE ops_edges AS SELECT u AS src, u + 1 AS dst FROM generate_series(1, 99) u;
SELECT version FROM usercls.train_uplift('ops_uplift', 'ops_users', 'ops_edges', hyperparams => '{"hidden_size": 8, "max_epochs": 3}');
CALL usercls.retrain('ops_uplift', promote => 'always');
CALL usercls.refresh_scores('ops_uplift', 'ops_uplift_scores');
SELECT count(*) AS users, bool_and(abs(s.uplift - t.uplift) < 1e-5 AND s.segment = t.segment::text) AS same, min(version) AS version
FROM ops_uplift_scores s JOIN usercls.target_users('ops_uplift') t USING (user_id);

-- Errors
CALL usercls.retrain('opps');
CALL usercls.retrain('ops', keep_versions => 0);
CALL usercls.retrain('ops', max_runtime => '-1 hour');
CALL usercls.retrain('ops', promote => 'perhaps');
CALL usercls.retrain('ops_uplift', as_of => '2026-03-01');
SELECT usercls.import_model('ops_imported', usercls.export_model('ops'), promote => 'always');
CALL usercls.retrain('ops_imported');
CALL usercls.refresh_scores('ops_imported', 'ops_imported_scores');
CALL usercls.refresh_scores('ops', 'ops_behaviour');
CREATE TABLE ops_given (user_id text PRIMARY KEY, label text, probability float8, version int, scored_at timestamptz);
CALL usercls.refresh_scores('ops', 'ops_given');
DROP TABLE ops_given;
CREATE TABLE ops_given (user_id int, label text, probability float8, version int, scored_at timestamptz);
CREATE UNIQUE INDEX ON ops_given (user_id) WHERE version > 0;
CALL usercls.refresh_scores('ops', 'ops_given');
CREATE UNIQUE INDEX ON ops_given (user_id);
CALL usercls.refresh_scores('ops', 'ops_given');
SELECT count(*) > 0 AS scores FROM ops_given;
DROP TABLE ops_given;
CALL usercls.refresh_scores('ops', 'ops_scores', batch_size => 0);
CALL usercls.refresh_scores('ops_uplift', 'ops_uplift_scores', as_of => '2026-03-01');
CALL usercls.refresh_scores('ops_uplift', 'ops_scores');
CALL usercls.refresh_scores('ops', NULL);

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'ops%' ORDER BY model;
DROP TABLE ops_behaviour, ops_scores, ops_before, ops_text_scores, ops_users, ops_edges, ops_uplift_scores CASCADE;
DROP FUNCTION ops_runs;
