-- Tables of scores: the probability of each class, the class that matters, the mark, and who is told.
SET client_min_messages = notice;
SET timezone = 'UTC';
CREATE TABLE st AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
       (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend,
       (ARRAY['Gold customer', 'gold-customer', 'high_risk'])[u % 3 + 1] AS kind
FROM generate_series(1, 150) u, generate_series(0, 15) w;
-- A small network that does not see the label itself, so that no two users have one score.
SET client_min_messages = warning;
SELECT version FROM usercls.train_sequence('st', 'st', trend_of => 'spend', horizon_periods => 0, features => '{spend}',
                                           hyperparams => '{"hidden_size": 8, "max_epochs": 12, "learning_rate": 0.02, "baseline": false, "summary_size": 0}', promote => 'always');
SET client_min_messages = notice;

-- A table of the shape of old gets the new columns; one that is not ours says what it lacks.
CREATE TABLE st_scores (user_id bigint PRIMARY KEY, label text, probability float8, version int NOT NULL, scored_at timestamptz NOT NULL);
CREATE VIEW st_view AS SELECT * FROM st_scores;
CALL usercls.refresh_scores('st', 'st_view');
CREATE ROLE regress_st;
SELECT usercls.grant_model('st', 'regress_st', 'score');
GRANT SELECT ON st TO regress_st;
GRANT SELECT, INSERT, UPDATE, DELETE ON st_scores TO regress_st;
SET ROLE regress_st;
CALL usercls.refresh_scores('st', 'st_scores');
RESET ROLE;
CALL usercls.refresh_scores('st', 'st_scores');
SELECT a.attname, a.atttypid::regtype, col_description(a.attrelid, a.attnum)
FROM pg_attribute a WHERE a.attrelid = 'st_scores'::regclass AND a.attnum > 5 ORDER BY a.attnum;

-- Without a class that matters: ranked within the label, as classify_users() does; no score, no mark.
SELECT count(*) AS users, bool_and(s.rank = c.rank) AS ranks, count(s.score) AS scores, count(s.marked) AS marks,
       max(abs(s.p_high_risk - c.probabilities[1]) + abs(s.p_stable - c.probabilities[2]) + abs(s.p_potential - c.probabilities[3])) < 1e-5 AS probabilities
FROM st_scores s JOIN usercls.classify_users('st') c USING (user_id);

-- With it: threshold, rank, mark. (The cut lies well between two users.)
CREATE FUNCTION st_cut(share float8) RETURNS TABLE (cut float8) LANGUAGE sql AS $$
	SELECT (p + next) / 2 FROM (SELECT p_high_risk AS p, lead(p_high_risk) OVER w AS next, cume_dist() OVER w AS below FROM st_scores WINDOW w AS (ORDER BY p_high_risk)) s
	WHERE abs(below - share) < 0.05 ORDER BY next - p DESC LIMIT 1 $$;
SELECT cut FROM st_cut(0.8) \gset
CALL usercls.refresh_scores('st', 'st_scores', class => 'high_risk', threshold => :cut, outbox => 'st_outbox');
SELECT bool_and(score = p_high_risk) AS scores, bool_and(rank = expected) AS ranks, bool_and(marked = (score >= :cut)) AS marks,
       count(*) FILTER (WHERE marked) BETWEEN 20 AND 40 AS a_fifth
FROM (SELECT *, rank() OVER (ORDER BY score DESC) AS expected FROM st_scores) s;
SELECT obj_description('st_outbox'::regclass);
SELECT a.attname, a.atttypid::regtype, col_description(a.attrelid, a.attnum)
FROM pg_attribute a WHERE a.attrelid = 'st_outbox'::regclass AND a.attnum > 0 ORDER BY a.attnum;
SELECT count(*) = (SELECT count(*) FROM st_scores WHERE marked) AS all_who_entered, bool_and(o.entered AND s.marked AND o.score = s.score) AS same
FROM st_outbox o LEFT JOIN st_scores s USING (user_id);

-- Nothing changes, nobody is told; a higher threshold, a user who is gone and one who comes are told once.
TRUNCATE st_outbox;
CALL usercls.refresh_scores('st', 'st_scores', class => 'high_risk', threshold => :cut, outbox => 'st_outbox');
SELECT count(*) AS told FROM st_outbox;
CREATE TABLE st_before AS SELECT * FROM st_scores;
SELECT user_id AS gone FROM st_before WHERE rank = 1 ORDER BY 1 LIMIT 1 \gset
DELETE FROM st WHERE user_id = :gone;
INSERT INTO st SELECT 1000, ts, spend, kind FROM st WHERE user_id = (SELECT user_id FROM st_before WHERE rank = 2 ORDER BY 1 LIMIT 1);
SELECT cut AS higher FROM st_cut(0.9) \gset
CALL usercls.refresh_scores('st', 'st_scores', class => 'high_risk', threshold => :higher, outbox => 'st_outbox', batch_size => 7);
SELECT count(*) > 5 AS told, count(DISTINCT user_id) = count(*) AS once, count(*) FILTER (WHERE user_id = :gone AND NOT entered AND o.score IS NULL) AS gone,
       count(*) FILTER (WHERE user_id = 1000 AND entered) AS came,
       bool_and(entered = coalesce(s.marked, false) AND entered IS DISTINCT FROM coalesce(b.marked, false)) AS true_of_all
FROM st_outbox o LEFT JOIN st_scores s USING (user_id) LEFT JOIN st_before b USING (user_id);
SELECT count(*) AS not_told
FROM st_before b FULL JOIN st_scores s USING (user_id) LEFT JOIN st_outbox o USING (user_id)
WHERE coalesce(b.marked, false) <> coalesce(s.marked, false) AND o.user_id IS NULL;

-- Without the arguments there is no mark any more: all who had one leave it, and are told.
TRUNCATE st_outbox;
CREATE TABLE st_marked AS SELECT user_id FROM st_scores WHERE marked;
CALL usercls.refresh_scores('st', 'st_scores', outbox => 'st_outbox');
SELECT count(*) > 5 AS left, bool_and(NOT entered) AS all_left FROM st_outbox JOIN st_marked USING (user_id);
SELECT count(score) AS scores, count(marked) AS marks FROM st_scores;

-- Classes of any name have columns of plain names, and one that is no more leaves nulls.
SELECT version FROM usercls.train_sequence('st_kinds', 'st', label_column => 'kind', features => '{spend}', promote => 'always',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
CALL usercls.refresh_scores('st_kinds', 'st_kinds', class => 'gold-customer');
SELECT count(*) > 0 AS users, bool_and(abs(p_gold_customer + p_gold_customer_2 + p_high_risk - 1) < 1e-5) AS sum_to_one, count(marked) AS marks,
       count(*) FILTER (WHERE score = p_gold_customer) AS of_one, count(*) FILTER (WHERE score = p_gold_customer_2) AS of_the_other
FROM st_kinds;
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'st_kinds'::regclass AND attname LIKE 'p\_%' ORDER BY attnum;
UPDATE st SET kind = 'Größe 1' WHERE kind = 'high_risk';
SELECT version FROM usercls.train_sequence('st_kinds', 'st', label_column => 'kind', features => '{spend}', promote => 'always',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
CALL usercls.refresh_scores('st_kinds', 'st_kinds');
SELECT count(p_high_risk) AS of_the_class_that_is_no_more, count(*) = count(p_größe_1) AS of_the_new_one FROM st_kinds;

-- Uplift models: the score is the uplift.
CREATE TABLE st_users AS SELECT u AS user_id, u % 2 AS treated, (u % 3 = 0)::int AS outcome, u % 5 AS age FROM generate_series(1, 100) u;
CREATE TABLE st_edges AS SELECT u AS src, u + 1 AS dst FROM generate_series(1, 99) u;
SELECT version FROM usercls.train_uplift('st_uplift', 'st_users', 'st_edges', hyperparams => '{"hidden_size": 8, "max_epochs": 3}');
CALL usercls.refresh_scores('st_uplift', 'st_uplift_scores', threshold => 0);
SELECT count(*) AS users, bool_and(score = uplift AND marked = (uplift >= 0)) AS marks, min(rank) AS first FROM st_uplift_scores;
DELETE FROM st_users WHERE user_id > 50;
CALL usercls.refresh_scores('st_uplift', 'st_uplift_scores');

-- Errors, before anything is scored.
CALL usercls.refresh_scores('st', 'st_scores', class => 'highrisk');
CALL usercls.refresh_scores('st', 'st_scores', threshold => 0.8);
CALL usercls.refresh_scores('st', 'st_scores', class => 'high_risk', threshold => 80);
CALL usercls.refresh_scores('st', 'st_scores', class => 'high_risk', threshold => 'NaN');
CALL usercls.refresh_scores('st_uplift', 'st_uplift_scores', class => 'persuadable');
CALL usercls.refresh_scores('st', 'st_scores', outbox => 'st_users');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'st%' ORDER BY model;
DROP FUNCTION st_cut(float8);
DROP TABLE st, st_scores, st_outbox, st_before, st_marked, st_kinds, st_users, st_edges, st_uplift_scores CASCADE;
DROP ROLE regress_st;
