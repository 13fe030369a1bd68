-- refresh_scores(changed_since): only users with new rows are read, scored and written, and the table equals a full refresh.
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE TABLE chg_users (user_id int PRIMARY KEY, city text, age float8, updated timestamptz NOT NULL DEFAULT '2026-05-01');
INSERT INTO chg_users SELECT u, (ARRAY['here', 'there', 'far'])[u % 3 + 1], 20 + u % 40 FROM generate_series(1, 120) u;
CREATE TABLE chg (user_id int, ts timestamptz, spend float8, loaded timestamptz NOT NULL DEFAULT '2026-05-01');
-- Users 111 .. 120 are silent: their rows come before the window.
INSERT INTO chg SELECT u, timestamptz '2026-01-05 12:00Z' + w * interval '7 days', (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8
FROM generate_series(1, 120) u, generate_series(0, 15) w WHERE u <= 110 OR w < 2;
CREATE INDEX ON chg (user_id);
CREATE INDEX ON chg (ts);
CREATE INDEX ON chg (loaded);

-- What differs between a table of scores and what a full refresh would make of it: users, and columns.
CREATE FUNCTION chg_differs(kept regclass, whole regclass) RETURNS TABLE (what text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$
		SELECT coalesce(a.user_id, b.user_id) || ' ' || coalesce(x.key, 'missing')
		FROM (SELECT user_id, to_jsonb(t) - 'scored_at' AS row FROM %s t) a FULL JOIN (SELECT user_id, to_jsonb(t) - 'scored_at' AS row FROM %s t) b USING (user_id)
		LEFT JOIN LATERAL jsonb_each(a.row) x ON true
		WHERE b.row IS NULL OR a.row IS NULL OR (CASE WHEN jsonb_typeof(x.value) = 'number' AND jsonb_typeof(b.row -> x.key) = 'number'
			THEN abs(x.value::float8 - (b.row -> x.key)::float8) > 1e-5 ELSE x.value <> b.row -> x.key END) ORDER BY 1 LIMIT 5 $q$, kept, whole);
END $$;

\set small '{"hidden_size": 6, "max_epochs": 8, "learning_rate": 0.02, "baseline": false, "summary_size": 0}'
SELECT version FROM usercls.train_sequence('chg', 'chg', trend_of => 'spend', horizon_periods => 0, window_periods => 8, hyperparams => :'small',
	features => '{spend, count(*) FILTER (WHERE spend > 200)}', users => 'chg_users', attributes => '{city, age}', promote => 'always');
SET client_min_messages = notice;
-- The first one is of everybody, and so is one whose class or threshold is another.
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.4, outbox => 'chg_outbox', changed_since => '2026-05-02', changed_column => 'loaded');
SELECT count(*) AS users FROM chg_scores;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, outbox => 'chg_outbox', changed_since => '2026-05-02', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'stable', threshold => 0.3, outbox => 'chg_outbox', changed_since => '2026-05-02', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, outbox => 'chg_outbox');

-- Late rows of four users, one of them new and one silent; and nobody else is looked at: his wrong score stays.
UPDATE chg_scores SET p_stable = 0.123 WHERE user_id = 50;
ALTER TABLE chg ALTER loaded SET DEFAULT '2026-05-03';
INSERT INTO chg SELECT u, ts, 900 - spend FROM chg, unnest('{3, 7}'::int[]) u WHERE user_id = 1;
INSERT INTO chg SELECT 200, ts, spend FROM chg WHERE user_id = 2;
INSERT INTO chg VALUES (111, '2026-04-01', 350);
INSERT INTO chg VALUES (4, '2026-01-01', 5); -- before the window: changes nothing
TRUNCATE chg_outbox;
CREATE TABLE chg_before AS SELECT * FROM chg_scores;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, outbox => 'chg_outbox', changed_since => '2026-05-02', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_scores', 'chg_whole');
SELECT count(*) FILTER (WHERE s.label IS DISTINCT FROM b.label OR abs(s.probability - b.probability) > 1e-5) AS scored,
	count(*) FILTER (WHERE s.rank IS DISTINCT FROM b.rank) > 10 AS ranked FROM chg_scores s LEFT JOIN chg_before b USING (user_id);
SELECT count(*) FILTER (WHERE o.user_id IS NULL) AS not_told, count(*) FILTER (WHERE o.entered IS DISTINCT FROM s.marked) AS told_wrong
FROM chg_scores s LEFT JOIN chg_before b USING (user_id) LEFT JOIN chg_outbox o USING (user_id) WHERE coalesce(b.marked, false) <> s.marked;
UPDATE chg_scores s SET p_stable = w.p_stable FROM chg_whole w WHERE w.user_id = s.user_id;

-- An attribute of one user; in a table without the column it is not seen, and that is said.
UPDATE chg_users SET city = 'far', age = 90, updated = '2026-05-04' WHERE user_id = 12;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-04', changed_column => 'loaded');
ALTER TABLE chg_users RENAME updated TO loaded;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-04', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_scores', 'chg_whole');
-- A refresh that was cancelled after its first batch leaves ranks of before: the next one mends them, though it finds no new row.
UPDATE chg_scores SET rank = NULL WHERE user_id % 2 = 0;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-05', changed_column => 'loaded');
SELECT * FROM chg_differs('chg_scores', 'chg_whole');

-- Time alone moves the window: a row of one user, later than all others, changes what is read of everybody but the silent.
CREATE TABLE chg_moved AS SELECT * FROM chg_scores;
INSERT INTO chg VALUES (1, '2026-05-20 12:00Z', 300, '2026-05-21');
UPDATE chg_scores SET p_stable = 0.123 WHERE user_id = 119;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-10', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_scores', 'chg_whole');
SELECT count(*) > 60 AS moved FROM chg_scores s JOIN chg_moved b USING (user_id) WHERE abs(s.p_stable - b.p_stable) > 1e-5;
-- The time of the row says when it came in, when nothing else does.
INSERT INTO chg VALUES (2, '2026-05-27 12:00Z', 300, '2026-05-01'), (3, '2026-05-28 13:00Z', 300, '2026-05-01');
UPDATE chg_scores s SET p_stable = w.p_stable FROM chg_whole w WHERE w.user_id = s.user_id;
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-25');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_scores', 'chg_whole');

-- Ranks that a refresh left behind which was cancelled between two batches: the next one puts them right.
UPDATE chg_scores SET rank = CASE WHEN user_id % 2 = 0 THEN rank + 5 END WHERE user_id > 10;
INSERT INTO chg VALUES (5, '2026-05-20 12:00Z', 500, '2026-05-29');
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-29', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_scores', 'chg_whole');
SELECT count(*) AS stale FROM (SELECT rank, rank() OVER (ORDER BY score DESC) AS place FROM chg_scores) r WHERE rank IS DISTINCT FROM place;
-- Its pages have room for another version of each row.
CREATE TABLE chg_size AS SELECT pg_relation_size('chg_whole') AS bytes;
UPDATE chg_whole SET rank = rank + 1;
SELECT pg_relation_size('chg_whole') - bytes AS grown FROM chg_size;

-- A table of one's own, with other types.
CREATE TABLE chg_own (user_id int PRIMARY KEY, label varchar(20), probability numeric, p_high_risk numeric, p_stable numeric, p_potential numeric, score numeric,
	rank int, marked boolean, version int NOT NULL, scored_at timestamptz NOT NULL);
CALL usercls.refresh_scores('chg', 'chg_own', class => 'high_risk', threshold => 0.3);
INSERT INTO chg VALUES (6, '2026-05-20 12:00Z', 500, '2026-05-30');
CALL usercls.refresh_scores('chg', 'chg_own', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-30', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_whole', class => 'high_risk', threshold => 0.3);
SELECT * FROM chg_differs('chg_own', 'chg_whole');

-- Of a model of active users those leave whose rows the window has left behind; without a class the rank is within the label.
SET client_min_messages = warning;
SELECT version FROM usercls.train_sequence('chg_active', 'chg', trend_of => 'spend', horizon_periods => 0, window_periods => 8, hyperparams => :'small',
	features => '{spend}', active_only => true, promote => 'always', as_of => '2026-04-25');
CALL usercls.refresh_scores('chg_active', 'chg_active_scores');
INSERT INTO chg SELECT u, '2026-06-20 00:00Z', 300 + u, '2026-06-21' FROM generate_series(1, 80) u;
CALL usercls.refresh_scores('chg_active', 'chg_active_scores', changed_since => '2026-06-01', changed_column => 'loaded', max_removed => 0.01);
CALL usercls.refresh_scores('chg_active', 'chg_active_scores', changed_since => '2026-06-01', changed_column => 'loaded', max_removed => 1);
CALL usercls.refresh_scores('chg_active', 'chg_active_whole');
SELECT count(*) AS users FROM chg_active_scores;
SELECT * FROM chg_differs('chg_active_scores', 'chg_active_whole');
-- Another version says something else of everybody.
SELECT version FROM usercls.train_sequence('chg_active', 'chg', trend_of => 'spend', horizon_periods => 0, window_periods => 8, hyperparams => :'small',
	features => '{spend}', active_only => true, promote => 'always', as_of => '2026-04-25', seed => 5);
CALL usercls.refresh_scores('chg_active', 'chg_active_scores', changed_since => '2026-06-30', changed_column => 'loaded');
CALL usercls.refresh_scores('chg_active', 'chg_active_whole');
SELECT * FROM chg_differs('chg_active_scores', 'chg_active_whole');

-- A row for each user, with a sequence in it.
CREATE TABLE chg_rows AS SELECT u AS user_id, array_agg(hashint8(u * 100 + i) & 15 ORDER BY i) AS seq, CASE WHEN u % 2 = 0 THEN 'even' ELSE 'odd' END AS kind,
	date '2026-05-01' AS written FROM generate_series(1, 60) u, generate_series(1, 6) i GROUP BY u;
SELECT version FROM usercls.train_sequence('chg_rows', 'chg_rows', label_column => 'kind', sequence_column => 'seq', architecture => 'gru', hyperparams => '{"hidden_size": 4, "max_epochs": 2}', promote => 'always');
CALL usercls.refresh_scores('chg_rows', 'chg_rows_scores');
UPDATE chg_rows SET seq = '{9, 9, 9, 9, 9, 9}', written = '2026-05-02' WHERE user_id = 5;
INSERT INTO chg_rows VALUES (61, '{1, 2, 3}', 'odd', '2026-05-02');
CALL usercls.refresh_scores('chg_rows', 'chg_rows_scores', changed_since => '2026-05-02 15:00', changed_column => 'written');
CALL usercls.refresh_scores('chg_rows', 'chg_rows_whole');
SELECT count(*) AS users FROM chg_rows_scores;
SELECT * FROM chg_differs('chg_rows_scores', 'chg_rows_whole');

-- Uplift: a user is heard two edges far, in both directions or in one; weights; edges that come.
CREATE TABLE chg_people (user_id text PRIMARY KEY, treated int, outcome int, age float8, written timestamptz NOT NULL DEFAULT '2026-05-01');
INSERT INTO chg_people SELECT 'u' || u, u % 2, (u % 3 = 0)::int, 20 + u % 31 FROM generate_series(1, 300) u;
CREATE TABLE chg_knows (src text, dst text, weight float8, written timestamptz NOT NULL DEFAULT '2026-05-01');
INSERT INTO chg_knows SELECT 'u' || u, 'u' || u + d, 1 + u % 3 FROM generate_series(1, 297) u, unnest('{1, 3}'::int[]) d;
CREATE INDEX ON chg_knows (src, dst);
CREATE INDEX ON chg_knows (dst, src);
SELECT version FROM usercls.train_uplift('chg_both', 'chg_people', 'chg_knows', features => '{age}', hyperparams => '{"hidden_size": 6, "max_epochs": 4}');
SELECT version FROM usercls.train_uplift('chg_one', 'chg_people', 'chg_knows', features => '{age}', weight_column => 'weight', directed => true,
	hyperparams => '{"hidden_size": 6, "max_epochs": 4}');
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0);
CALL usercls.refresh_scores('chg_one', 'chg_one_scores', threshold => 0);
UPDATE chg_both_scores SET p_first = 0.123 WHERE user_id = 'u290';
UPDATE chg_people SET age = 99, written = '2026-05-03' WHERE user_id = 'u20';
INSERT INTO chg_people VALUES ('u301', NULL, NULL, 55, '2026-05-03'), ('u302', 1, 1, 66, '2026-05-03');
INSERT INTO chg_knows VALUES ('u302', 'u40', 2, '2026-05-03'), ('u70', 'u90', 2, '2026-05-03'), ('nobody', 'u91', 2, '2026-05-03');
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0, changed_since => '2026-05-02', changed_column => 'written');
CALL usercls.refresh_scores('chg_one', 'chg_one_scores', threshold => 0, changed_since => '2026-05-02', changed_column => 'written');
CALL usercls.refresh_scores('chg_both', 'chg_both_whole', threshold => 0);
CALL usercls.refresh_scores('chg_one', 'chg_one_whole', threshold => 0);
SELECT * FROM chg_differs('chg_both_scores', 'chg_both_whole');
SELECT * FROM chg_differs('chg_one_scores', 'chg_one_whole');
-- Most of the users: everybody is scored.
SET client_min_messages = notice;
ANALYZE chg_people;
UPDATE chg_people SET age = age + 1, written = '2026-05-05' WHERE user_id < 'u2';
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0, changed_since => '2026-05-04', changed_column => 'written');
CALL usercls.refresh_scores('chg_both', 'chg_both_whole', threshold => 0);
SELECT * FROM chg_differs('chg_both_scores', 'chg_both_whole');
ALTER TABLE chg_knows DROP written;
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0, changed_since => '2026-05-06', changed_column => 'written');

-- Errors.
CALL usercls.refresh_scores('chg', 'chg_scores', as_of => '2026-05-01', changed_since => '2026-05-01');
CALL usercls.refresh_scores('chg', 'chg_scores', changed_column => 'loaded');
CALL usercls.refresh_scores('chg', 'chg_scores', changed_since => 'infinity');
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-01', changed_column => 'laoded');
CALL usercls.refresh_scores('chg', 'chg_scores', class => 'high_risk', threshold => 0.3, changed_since => '2026-05-01', changed_column => 'spend');
CALL usercls.refresh_scores('chg_rows', 'chg_rows_scores', changed_since => '2026-05-01');
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0, changed_since => '2026-05-01');
CALL usercls.refresh_scores('chg_both', 'chg_both_scores', threshold => 0, changed_since => '2026-05-01', changed_column => 'writen');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'chg%' ORDER BY model;
DROP FUNCTION chg_differs(regclass, regclass);
DROP TABLE chg, chg_users, chg_scores, chg_whole, chg_outbox, chg_before, chg_moved, chg_active_scores, chg_active_whole, chg_rows, chg_rows_scores,
	chg_rows_whole, chg_people, chg_knows, chg_both_scores, chg_both_whole, chg_one_scores, chg_one_whole;
