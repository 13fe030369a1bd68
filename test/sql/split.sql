-- Who is held out: of each class its share and at least one, the same users at every door, and nobody who was learned from.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TABLE split_events AS
SELECT u AS user_id, timestamptz '2026-01-05' + w * interval '7 days' AS ts, sin(u * w)::float8 AS spend,
       CASE WHEN u <= 2 THEN 'rare' WHEN u % 10 = 0 THEN 'some' ELSE 'most' END AS label
FROM generate_series(1, 300) AS u, generate_series(0, 3) AS w;

-- Whatever the seed, each class of two users or more is in both parts, in its share.
CREATE FUNCTION held_out_by_seed(seeds int, OUT seed int, OUT rows_held_out bigint, OUT measured text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	FOR seed IN 1 .. seeds LOOP
		SELECT r.rows_held_out INTO rows_held_out FROM usercls.train_sequence('split', 'split_events', label_column => 'label', horizon_periods => 0,
			window_periods => 4, as_of => '2026-02-02', seed => seed, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always') AS r;
		SELECT string_agg(format('%s %s', actual, n), ', ' ORDER BY actual) INTO measured
		FROM (SELECT actual, sum(n) AS n FROM usercls.confusion_matrix('split') GROUP BY actual) AS c;
		RETURN NEXT;
	END LOOP;
END $$;
SELECT rows_held_out, measured, count(*) FROM held_out_by_seed(6) GROUP BY 1, 2;

-- The table changes, and who was held out stays it: classes that change move nobody.
SELECT DISTINCT n FROM usercls.evaluate('split', replicates => 0);
UPDATE split_events SET label = CASE label WHEN 'most' THEN 'some' WHEN 'some' THEN 'rare' ELSE 'most' END;
SELECT DISTINCT n FROM usercls.evaluate('split', replicates => 0);
-- Nor do users who come or go: those of both halves are those of the whole.
CREATE FUNCTION held_out() RETURNS bigint LANGUAGE sql AS $$ SELECT DISTINCT n FROM usercls.evaluate('split', replicates => 0) $$;
INSERT INTO split_events SELECT user_id + 1000, ts, spend, 'rare' FROM split_events;
SELECT held_out() AS whole \gset
BEGIN;
DELETE FROM split_events WHERE user_id <= 1000;
SELECT held_out() AS new \gset
ROLLBACK;
SELECT :whole - :new AS old, :new BETWEEN 30 AND 90 AS share_of_the_new;

-- A training that goes on from a version measures nobody whom that one has learned from.
SELECT version FROM usercls.versions WHERE model = 'split' AND promoted \gset
SELECT r.rows_held_out BETWEEN 60 AND :whole AS as_many FROM usercls.train_sequence('split', 'split_events', label_column => 'label', horizon_periods => 0,
	window_periods => 4, as_of => '2026-02-02', seed => 77, warm_start => :version, hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always') AS r;
SELECT held_out() <= :whole AS fewer;
CREATE FUNCTION only_held_out(version int) RETURNS bigint LANGUAGE sql AS $$ SELECT DISTINCT n FROM usercls.evaluate('split', version => version, replicates => 0) $$;
-- User by user: whom the second holds out, the first held out too.
CREATE TABLE split_all AS SELECT * FROM split_events;
CREATE TABLE split_parts (user_id int, first bigint, second bigint);
CREATE FUNCTION part_of(who int, v int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM split_events;
	INSERT INTO split_events SELECT * FROM split_all WHERE user_id = who;
	RETURN only_held_out(v);
EXCEPTION WHEN no_data_found THEN
	RETURN 0;
END $$;
INSERT INTO split_parts SELECT u, part_of(u, :version), part_of(u, :version + 1) FROM generate_series(1, 120) AS u;
SELECT count(*) FILTER (WHERE second > first) AS learned_from_before, sum(second) > 0 AS some FROM split_parts;
SELECT count(*) > 0 AS numbers_alone_say_otherwise FROM usercls.versions, jsonb_array_elements(spec::jsonb->'split'->'moved') WHERE version = :version;

-- Nobody can be held out where everybody was learned from.
RESET client_min_messages;
DELETE FROM split_events;
INSERT INTO split_events SELECT * FROM split_all WHERE user_id <= 300;
SELECT r.rows_held_out FROM usercls.train_sequence('split_none', 'split_events', label_column => 'label', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02',
	validation => '{"method": "none"}', hyperparams => '{"hidden_size": 4, "max_epochs": 1}') AS r;
\set VERBOSITY terse
SELECT r.rows_held_out FROM usercls.train_sequence('split_none', 'split_events', label_column => 'label', horizon_periods => 0, window_periods => 4, as_of => '2026-02-02',
	warm_start => 1, hyperparams => '{"hidden_size": 4, "max_epochs": 1}') AS r;
\set VERBOSITY default
SET client_min_messages = warning;

-- An experiment: each arm, those who responded and those who did not.
CREATE TABLE split_users AS
SELECT u AS user_id, u % 7 AS age, (u % 2 = 0)::int AS treated, (u % 50 IN (0, 1) AND u <= 200)::int AS outcome FROM generate_series(1, 400) AS u;
CREATE TABLE split_edges AS SELECT 1 AS src, 2 AS dst;
SELECT treated, outcome, count(*) FROM split_users GROUP BY 1, 2 ORDER BY 1, 2;
CREATE FUNCTION experiment_by_seed(seeds int, OUT seed int, OUT rows_held_out bigint, OUT responded text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	FOR seed IN 1 .. seeds LOOP
		SELECT r.rows_held_out INTO rows_held_out FROM usercls.train_uplift('split_uplift', 'split_users', 'split_edges', features => '{age}', seed => seed,
			hyperparams => '{"hidden_size": 4, "max_epochs": 1}', promote => 'always') AS r;
		SELECT format('%s, %s', round(outcome_treated * treated), round(outcome_untreated * (users - treated))) INTO responded
		FROM usercls.uplift_by_decile('split_uplift', groups => 1);
		RETURN NEXT;
	END LOOP;
END $$;
SELECT rows_held_out, responded, count(*) FROM experiment_by_seed(6) GROUP BY 1, 2;
-- A retrain goes on with the same users.
SELECT DISTINCT n FROM usercls.evaluate('split_uplift', replicates => 0);
CALL usercls.retrain('split_uplift', promote => 'always');
SELECT rows_held_out FROM usercls.versions WHERE model = 'split_uplift' AND promoted;
SELECT DISTINCT n FROM usercls.evaluate('split_uplift', replicates => 0);

-- A damaged list is said to be.
SELECT usercls.import_model('split_damaged', usercls.export_model('split_uplift'), promote => 'always', spec => jsonb_set(spec::jsonb, '{split,moved}', '["x"]'))
FROM usercls.versions WHERE model = 'split_uplift' AND promoted;
SELECT * FROM usercls.evaluate('split_damaged');

SELECT usercls.drop_model(model) FROM usercls.models ORDER BY model;
DROP TABLE split_events, split_all, split_parts, split_users, split_edges;
DROP FUNCTION held_out_by_seed, held_out, only_held_out, part_of, experiment_by_seed;
