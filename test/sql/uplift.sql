-- An experiment among 400 users in a graph with everything that graphs have.
CREATE FUNCTION unit(i bigint, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE
AS $$ SELECT (hashint8extended(i, stream) & 2147483647) / 2147483648.0::float8 $$;

CREATE TABLE users AS
SELECT i AS user_id,
       round((unit(i, 1) * 60 + 18)::numeric, 1) AS age,
       CASE WHEN unit(i, 2) < 0.9 THEN unit(i, 2)::real END AS activity,
       unit(i, 3) < 0.5 AS mobile,
       CASE WHEN unit(i, 4) < 0.9 THEN (unit(i, 5) < 0.5)::int END AS treated,
       CASE WHEN unit(i, 6) < 0.95
            THEN (unit(i, 7) < 0.3 + CASE WHEN unit(i, 5) < 0.5 AND unit(i, 3) < 0.5 THEN 0.4 ELSE 0 END)::int END AS outcome
FROM generate_series(1::bigint, 400) AS i;
ALTER TABLE users ADD PRIMARY KEY (user_id);

-- Ids from 381 on are isolated; ids above 400 are no users; there are duplicates in both directions and self-loops.
CREATE TABLE edges AS
SELECT 1 + floor(unit(e, 8) * 380)::bigint AS src,
       1 + floor(unit(e, 9) * 380)::bigint AS dst,
       CASE WHEN unit(e, 10) < 0.05 THEN 0 ELSE round((unit(e, 10) * 3)::numeric, 2) END AS weight
FROM generate_series(1::bigint, 900) AS e;
INSERT INTO edges SELECT src, dst, weight + 1 FROM edges WHERE src % 7 = 0;
INSERT INTO edges SELECT dst, src, 0.5 FROM edges WHERE src % 5 = 0;
INSERT INTO edges SELECT i, i, 2 FROM generate_series(1, 400, 9) AS i;
INSERT INTO edges SELECT i, 1000 + i, 1 FROM generate_series(1, 400, 11) AS i;
INSERT INTO edges SELECT 1000 + i, i, 1 FROM generate_series(1, 400, 13) AS i;
INSERT INTO edges VALUES (1, NULL, 1), (NULL, 2, 1);
CREATE INDEX ON edges (src);
CREATE INDEX ON edges (dst);
ANALYZE users, edges;

-- What would be trained on, and that nothing is stored.
SELECT r.version, r.promoted, r.metric, r.value, r.rows_train + r.rows_held_out AS inside,
       r.rows_held_out BETWEEN 30 AND 110 AS held_out, r.memory > 0 AS memory, r.classes
FROM usercls.train_uplift('targets', 'users', 'edges', dry_run => true) AS r;
SELECT (SELECT count(*) FILTER (WHERE treated = 1 AND outcome IS NOT NULL) FROM users) AS treated,
       (SELECT count(*) FILTER (WHERE treated = 0 AND outcome IS NOT NULL) FROM users) AS control,
       (SELECT count(*) FROM edges) AS edges,
       (SELECT count(*) FROM edges WHERE coalesce(src > 400 OR dst > 400, true)) AS unknown;
SELECT count(*) FROM usercls.models;

-- The features are the numbers without another role, in the order of the table.
SELECT r.model, r.version, r.promoted, r.metric, abs(r.value) <= 1 AS qini, r.baseline, r.best_epoch BETWEEN 1 AND r.epochs AS best,
       r.epochs BETWEEN 1 AND 8 AS epochs
FROM usercls.train_uplift('targets', 'users', 'edges', hyperparams => '{"max_epochs": 8, "hidden_size": 16}',
                          promote => 'always', comment => 'first') AS r;
SELECT model, kind FROM usercls.models;

-- Every user has a score; the best come first.
CREATE TABLE scores AS SELECT * FROM usercls.target_users('targets');
SELECT count(*), count(DISTINCT user_id), min(rank), bool_and(p_first BETWEEN 0 AND 1 AND p_second BETWEEN 0 AND 1) AS probabilities,
       max(abs(uplift - (p_first + p_second - 1))) < 1e-6 AS uplift, bool_and(segment IS NOT NULL) AS segments
FROM scores;
SELECT bool_and(s.rank = r.rank) AS ranked
FROM scores AS s JOIN (SELECT user_id, rank() OVER (ORDER BY uplift DESC) FROM scores) AS r USING (user_id);

-- One definition of what a user is, at every door and whatever is decided: those who are treated are persuadable, and nobody else is.
CREATE TABLE decisions (value float8, cost float8, budget float8);
INSERT INTO decisions VALUES (NULL, NULL, NULL), (1, 0, NULL), (20, 1.5, NULL), (20, NULL, NULL), (NULL, 0.05, NULL), (20, 1.5, 30), (NULL, NULL, 25), (0, 1, NULL);
CREATE TABLE segments AS
SELECT d.*, coalesce(d.cost, CASE WHEN d.value IS NULL AND d.budget IS NULL THEN greatest(e.effect, 0) ELSE 0 END) / coalesce(nullif(d.value, 0), 1) AS least,
       user_id, uplift, p_second, targeted, segment
FROM decisions AS d, LATERAL usercls.target_users('targets', d.value, d.cost, d.budget),
     (SELECT avg(outcome) FILTER (WHERE treated = 1) - avg(outcome) FILTER (WHERE treated = 0) AS effect FROM users WHERE treated IS NOT NULL AND outcome IS NOT NULL) AS e;
SELECT value, cost, budget, count(*), count(*) FILTER (WHERE targeted <> (segment = 'persuadable')) AS contradictions,
       bool_and(targeted = (uplift > greatest(least, 0) AND value IS DISTINCT FROM 0) OR budget IS NOT NULL OR abs(uplift - least) < 1e-6) AS decided,
       bool_and(segment = CASE WHEN targeted THEN 'persuadable' WHEN uplift < 0 THEN 'sleeping_dog' WHEN 1 - p_second >= 0.5 THEN 'sure_thing' ELSE 'lost_cause' END) AS defined
FROM segments GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3 NULLS FIRST;
SELECT count(DISTINCT segment) > 2 AS several FROM segments WHERE value IS NULL AND cost IS NULL AND budget IS NULL;
SELECT count(*), count(*) FILTER (WHERE s.segment IS DISTINCT FROM o.segment AND abs(s.uplift - s.least) > 1e-4 AND abs(s.uplift) > 1e-4) AS differ
FROM segments AS s, LATERAL usercls.uplift('targets', s.user_id, s.value, s.cost) AS o WHERE s.budget IS NULL;
SELECT usercls.uplift(NULL, 17), usercls.uplift('targets', NULL::bigint);

-- A decision: worth its cost, within the budget, never where treating does harm.
SELECT count(*) FILTER (WHERE targeted) AS targeted, max(rank) FILTER (WHERE targeted) <= 10 AS first FROM usercls.target_users('targets', budget => 10)
WHERE (SELECT count(*) FROM scores WHERE uplift > 0) >= 10;
SELECT count(*) FILTER (WHERE targeted) <= 7 AS within, bool_and(uplift * 20 > 1.5 OR NOT targeted) AS worth
FROM usercls.target_users('targets', value => 20, cost => 1.5, budget => 11);
SELECT count(*) FILTER (WHERE targeted) FROM usercls.target_users('targets', value => 0, cost => 1);
SELECT count(*) FILTER (WHERE targeted) FROM usercls.target_users('targets', budget => 0);

-- One user at a time, and ids of another integer type.
SELECT max(abs(s.uplift - o.uplift)) < 1e-5 AS uplift, max(abs(s.p_first - o.p_first)) < 1e-5 AS p_first,
       max(abs(s.p_second - o.p_second)) < 1e-5 AS p_second, min(o.version) AS version, count(o.version)
FROM scores AS s, LATERAL usercls.uplift('targets', s.user_id) AS o;
SELECT abs(o.uplift - s.uplift) < 1e-5 AS same FROM scores AS s, usercls.uplift('targets', 17) AS o WHERE s.user_id = 17;
SELECT * FROM usercls.uplift('targets', 12345);

-- Of a user with very many edges some are read, however many there are.
BEGIN;
INSERT INTO edges SELECT 17, 1000000 + i, 1 FROM generate_series(1, 120000) AS i;
SELECT uplift BETWEEN -1 AND 1 AS answered FROM usercls.uplift('targets', 17);
ROLLBACK;

-- The same seed and data give the same model, whatever the number of workers; another seed does not.
SELECT version, promoted FROM usercls.train_uplift('targets', 'users', 'edges',
	hyperparams => '{"max_epochs": 8, "hidden_size": 16}', promote => 'never');
SET usercls.training_workers = 2;
SELECT version, promoted FROM usercls.train_uplift('targets', 'users', 'edges',
	hyperparams => '{"max_epochs": 8, "hidden_size": 16}', promote => 'never');
CREATE TABLE scores_workers AS SELECT * FROM usercls.target_users('targets');
RESET usercls.training_workers;
SELECT version, promoted FROM usercls.train_uplift('targets', 'users', 'edges', seed => 43,
	hyperparams => '{"max_epochs": 8, "hidden_size": 16}', promote => 'never');
SELECT version, sha256 = first_value(sha256) OVER (ORDER BY version) AS as_the_first FROM usercls.model_version ORDER BY version;
SELECT count(*) FROM (SELECT * FROM scores EXCEPT SELECT * FROM scores_workers) AS difference;

-- The order of the rows does not matter.
CREATE TABLE users_shuffled AS SELECT * FROM users ORDER BY unit(user_id, 20);
CREATE TABLE edges_shuffled AS SELECT * FROM edges ORDER BY unit(src, 21), dst, weight;
SELECT version FROM usercls.train_uplift('targets', 'users_shuffled', 'edges_shuffled',
	hyperparams => '{"max_epochs": 8, "hidden_size": 16}', promote => 'never');
SELECT count(DISTINCT sha256) FROM usercls.model_version WHERE version IN (1, 5);

-- Training goes on from a version.
SELECT version, epochs FROM usercls.train_uplift('targets', 'users', 'edges', warm_start => 1,
	hyperparams => '{"max_epochs": 1, "hidden_size": 16}', promote => 'never');
-- The log has every epoch, the last one too.
SELECT r.version, array_agg(l.epoch ORDER BY l.epoch) AS epochs
FROM usercls.training_log l JOIN usercls.training_run r USING (run_id) JOIN usercls.model m USING (model_id)
WHERE m.name = 'targets' AND r.version IN (5, 6) GROUP BY r.version ORDER BY r.version;

-- Ids of any hashable type.
CREATE TABLE named_users AS SELECT 'user ' || user_id AS name, age, mobile, treated, outcome FROM users;
CREATE TABLE named_edges AS SELECT 'user ' || src AS src, 'user ' || dst AS dst, weight FROM edges;
ALTER TABLE named_users ADD PRIMARY KEY (name);
CREATE INDEX ON named_edges (src);
CREATE INDEX ON named_edges (dst);
SELECT version, classes FROM usercls.train_uplift('named', 'named_users', 'named_edges', user_column => 'name', features => '{age,mobile}', weight_column => 'weight',
	hyperparams => '{"max_epochs": 3, "hidden_size": 8, "log_degree": false}', promote => 'always');
SELECT count(*), pg_typeof(min(user_id)) FROM usercls.target_users('named', 1, 0, NULL, NULL::text) GROUP BY pg_typeof(user_id);
-- Ids are equal when their type says so, whatever operators the search_path finds first.
CREATE SCHEMA trap;
CREATE FUNCTION trap.equal(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE OPERATOR trap.= (FUNCTION = trap.equal, LEFTARG = text, RIGHTARG = text);
SET search_path = trap, public, pg_catalog;
SELECT uplift BETWEEN -1 AND 1 AS answered FROM usercls.uplift('named', 'user 17'::text);
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA trap CASCADE;
RESET client_min_messages;
SELECT bool_and(abs(t.uplift - o.uplift) < 1e-5) AS same, count(*)
FROM usercls.target_users('named', 1, 0, NULL, NULL::text) AS t, usercls.uplift('named', t.user_id) AS o;
-- The last edge of a table counts, too.
SET client_min_messages = warning;
TRUNCATE named_edges;
INSERT INTO named_edges VALUES ('user 7', 'user 8', 2);
SELECT bool_and(abs(t.uplift - o.uplift) < 1e-5) AS same, count(*)
FROM usercls.target_users('named', 1, 0, NULL, NULL::text) AS t, usercls.uplift('named', t.user_id) AS o;
-- Ids of a type whose name alone would be of one letter, and edges that have them as text.
ALTER TABLE named_users ALTER name TYPE char(12);
SELECT bool_and(abs(t.uplift - o.uplift) < 1e-5) AS same, count(*)
FROM usercls.target_users('named', 1, 0, NULL, NULL::bpchar) AS t, usercls.uplift('named', t.user_id) AS o;
CREATE TABLE before AS SELECT * FROM usercls.target_users('named', 1, 0, NULL, NULL::bpchar);
TRUNCATE named_edges;
SELECT bool_and(abs(t.uplift - o.uplift) < 1e-5) AS without_edges
FROM usercls.target_users('named', 1, 0, NULL, NULL::bpchar) AS t JOIN before AS o USING (user_id);
CALL usercls.refresh_scores('named', 'named_scores');
SELECT count(*) AS scores, max(length(user_id)) AS letters FROM named_scores;
DROP TABLE before, named_scores;
CREATE TYPE compound AS (name text);
ALTER TABLE named_users ALTER name TYPE compound USING ROW(name)::compound;
SELECT * FROM usercls.uplift('named', ROW('user 7')::compound);
CALL usercls.refresh_scores('named', 'named_scores');
RESET client_min_messages;

-- Any numeric outcome with class_transform, which knows no classes of users; a propensity for each user.
CREATE VIEW revenue AS
SELECT user_id, age, activity, treated, outcome * 12.5 + age / 10 AS outcome, 0.4 + 0.2 * unit(user_id, 30) AS chance FROM users;
SELECT version FROM usercls.train_uplift('revenue', 'revenue', 'edges', features => '{age,activity}', propensity_column => 'chance',
	hyperparams => '{"max_epochs": 3, "hidden_size": 8, "estimator": "class_transform"}', promote => 'always');
SELECT count(*), count(uplift), count(p_first), count(p_second), 
       bool_and(CASE WHEN targeted THEN segment = 'persuadable' WHEN uplift < 0 THEN segment = 'sleeping_dog' ELSE segment IS NULL END) AS segments
FROM usercls.target_users('revenue');

-- two_head learns a mean for each arm of a number; every door knows, and the three ways to score agree.
SELECT version, features, value > 0 AS ranks FROM usercls.train_uplift('amounts', 'revenue', 'edges', features => '{age,activity}', propensity_column => 'chance',
	hyperparams => '{"max_epochs": 100, "hidden_size": 8, "outcome": "number", "dropout": 0.1}', promote => 'always');
SELECT metric, abs(value - baseline) < 1.5 AS near FROM usercls.evaluate('amounts') WHERE metric = 'mean_predicted';
SELECT value > 0.05 AS ranks FROM usercls.evaluate('amounts') WHERE metric = 'qini';
SELECT count(*) > 5 AS points FROM usercls.qini_curve('amounts');
SELECT count(*) AS deciles, bool_and(effect BETWEEN -13 AND 13) AS amounts FROM usercls.uplift_by_decile('amounts');
SELECT count(*), count(p_first), count(p_second), max(uplift) > 1.5 AS amounts FROM usercls.target_users('amounts');
SELECT max(abs(t.uplift - o.uplift)) < 1e-4 AS same FROM usercls.target_users('amounts') AS t, LATERAL usercls.uplift('amounts', t.user_id) AS o
WHERE t.user_id % 20 = 0;
SELECT usercls.train_uplift('amounts', 'revenue', 'edges', features => '{age,activity}', hyperparams => '{"outcome": "number", "estimator": "partial_label"}');

-- A text column: each frequent value has a vector of its own, NULL and the others share one.
CREATE TABLE citizens AS
SELECT user_id, age, CASE WHEN user_id % 10 = 0 THEN NULL WHEN unit(user_id, 40) < 0.5 THEN 'north' WHEN unit(user_id, 40) < 0.9 THEN 'south'
       ELSE 'town ' || user_id END AS region, treated, outcome FROM users;
ALTER TABLE citizens ADD PRIMARY KEY (user_id);
SELECT version FROM usercls.train_uplift('citizens', 'citizens', 'edges', features => '{region,age}',
	hyperparams => '{"max_epochs": 8, "hidden_size": 16}', promote => 'always');
SELECT features LIKE 'region=north, region=south, region=town %, age' AS named, array_length(string_to_array(features, ', '), 1) AS inputs FROM usercls.versions WHERE model = 'citizens';
SELECT max(abs(t.uplift - o.uplift)) < 1e-5 AS same, count(*) FROM usercls.target_users('citizens') AS t, LATERAL usercls.uplift('citizens', t.user_id) AS o;
BEGIN;
UPDATE citizens SET region = 'nowhere' WHERE user_id = 391;
SELECT uplift AS unseen FROM usercls.uplift('citizens', 391) \gset
UPDATE citizens SET region = NULL WHERE user_id = 391;
SELECT uplift = :unseen AS as_unknown FROM usercls.uplift('citizens', 391);
UPDATE citizens SET region = 'south' WHERE user_id = 391;
SELECT uplift = :unseen AS as_unknown FROM usercls.uplift('citizens', 391);
ROLLBACK;
-- If it is better: compared with the promoted version on the same users, though it reads other columns.
SELECT reason ~ '^qini .* against .* of version 1$' AS compared FROM usercls.train_uplift('citizens', 'citizens', 'edges', features => '{age}',
	hyperparams => '{"max_epochs": 2, "hidden_size": 16}', promote => 'if_better');
-- Training goes on with the values that the version knows.
INSERT INTO citizens SELECT 500 + i, 30, 'new town', i % 2, i / 2 % 2 FROM generate_series(1, 100) AS i;
SELECT version FROM usercls.train_uplift('citizens', 'citizens', 'edges', features => '{region,age}', warm_start => 1,
	hyperparams => '{"max_epochs": 2, "hidden_size": 16}', promote => 'never');
SELECT count(DISTINCT features) FROM usercls.versions WHERE model = 'citizens' AND version IN (1, 3);

-- Degrees of the edges as they are now, one's own changes included, with other indexes too.
CREATE TABLE friends AS SELECT src, dst FROM edges WHERE src <= 400 AND dst <= 400;
ALTER TABLE friends ADD FOREIGN KEY (src) REFERENCES users, ADD FOREIGN KEY (dst) REFERENCES users;
CREATE INDEX ON friends (src, dst);
CREATE INDEX ON friends (dst, src);
SELECT version FROM usercls.train_uplift('friends', 'users', 'friends', features => '{age,activity}',
	hyperparams => '{"max_epochs": 3, "hidden_size": 8}', promote => 'always');
SELECT max(abs(t.uplift - o.uplift)) < 1e-5 AS same, count(*) FROM usercls.target_users('friends') AS t, LATERAL usercls.uplift('friends', t.user_id) AS o;
BEGIN;
DELETE FROM friends WHERE src % 3 = 0;
INSERT INTO friends SELECT src + 1, dst FROM friends WHERE src % 5 = 1;
SELECT max(abs(t.uplift - o.uplift)) < 1e-5 AS same, count(*) FROM usercls.target_users('friends') AS t, LATERAL usercls.uplift('friends', t.user_id) AS o;
ROLLBACK;
CREATE INDEX ON friends (src);
DROP INDEX friends_src_dst_idx;
SELECT max(abs(t.uplift - o.uplift)) < 1e-5 AS same, count(*) FROM usercls.target_users('friends') AS t, LATERAL usercls.uplift('friends', t.user_id) AS o;

-- Without features users differ by their degrees alone.
SELECT version FROM usercls.train_uplift('friends', 'users', 'friends', features => '{}',
	hyperparams => '{"max_epochs": 3, "hidden_size": 8}', promote => 'always');
SELECT max(abs(t.uplift - o.uplift)) < 1e-5 AS same, max(t.uplift) > min(t.uplift) AS differ, count(*)
FROM usercls.target_users('friends') AS t, LATERAL usercls.uplift('friends', t.user_id) AS o;

-- Nobody is held out: no metric, and no reason to promote.
SELECT version, value, rows_held_out FROM usercls.train_uplift('revenue', 'users', 'edges', validation => '{"method": "none"}',
	hyperparams => '{"max_epochs": 2, "hidden_size": 8}', promote => 'never');

-- Without the rights on the tables a model does not help to read them.
CREATE ROLE regress_uplift_reader;
SELECT usercls.grant_model('targets', 'regress_uplift_reader', 'score');
SET ROLE regress_uplift_reader;
SELECT count(*) FROM usercls.target_users('targets');
SELECT * FROM usercls.uplift('targets', 1);
RESET ROLE;
GRANT SELECT ON users, edges TO regress_uplift_reader;
SET ROLE regress_uplift_reader;
SELECT count(*) FROM usercls.target_users('targets');
SELECT version FROM usercls.uplift('targets', 1);
RESET ROLE;

SELECT usercls.drop_model(model) FROM usercls.models ORDER BY model;
DROP OWNED BY regress_uplift_reader;
DROP ROLE regress_uplift_reader;
DROP VIEW revenue;
DROP TABLE users, edges, decisions, segments, scores, scores_workers, users_shuffled, edges_shuffled, named_users, named_edges, citizens, friends;
DROP TYPE compound;
DROP FUNCTION unit(bigint, int);

-- Without features: numbers, and texts and enums of few values; what is left out, and numbers that may be codes, are said.
CREATE TYPE tier AS ENUM ('bronze', 'silver', 'gold');
CREATE TABLE shop_users AS
SELECT g AS user_id, (g * 37) % 50 AS age, g % 7 AS code, (ARRAY['x', 'y'])[1 + (hashint4(g) & 1)] AS plan, ('{bronze,silver,gold}'::tier[])[1 + g % 3] AS tier,
       'same' AS one, 'user ' || g AS name, timestamp '2026-01-01' AS at, '{}'::jsonb AS more, repeat('x', 80) || g % 3 AS long,
       (hashint4(g + 1000) & 1) AS treated, hashint4(g + 2000) % 3 = 0 AS outcome
FROM generate_series(1, 300) g;
CREATE TABLE no_edges (src int, dst int);
SELECT r.features, n AS notice FROM usercls.train_uplift('codes', 'shop_users', 'no_edges', hyperparams => '{"max_epochs": 1}', dry_run => true) AS r, unnest(r.notices) AS n;
-- Named features are taken as they are, and nothing is said.
SELECT features, notices FROM usercls.train_uplift('codes', 'shop_users', 'no_edges', features => '{code,plan}', hyperparams => '{"max_epochs": 1}', dry_run => true);
