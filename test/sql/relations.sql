-- train_uplift(relation_column): several kinds of edges, at every door.
SET search_path = public, usercls;
SET client_min_messages = warning;

CREATE TABLE person (user_id bigint PRIMARY KEY, age float8, spend float8, treated boolean, outcome boolean, came timestamptz);
CREATE TABLE edge (src bigint, dst bigint, kind text, came timestamptz);

-- The effect is that of one's friends' age. Colleagues are many, and say nothing.
INSERT INTO person
SELECT i, hashint4(i) % 1000 / 500.0, hashint4(i + 7777) % 1000 / 500.0, hashint4(i + 50000) % 2 = 0, false, '2026-01-01'
FROM generate_series(1, 1500) AS i;
INSERT INTO edge
SELECT i, 1 + abs(hashint4(i * 31 + k * 1000003)) % 1500, CASE WHEN k < 2 THEN 'friend' ELSE 'colleague' END, '2026-01-01'
FROM generate_series(1, 1500) AS i, generate_series(0, 6) AS k;
CREATE INDEX ON edge (src);
CREATE INDEX ON edge (dst);
UPDATE person SET outcome = abs(hashint4(user_id::int + 90000)) % 1000 / 1000.0 < .3 + CASE WHEN treated AND f.age > 0 THEN .4 ELSE 0 END
FROM (SELECT me, avg(p.age) AS age
	  FROM (SELECT src AS me, dst AS you FROM edge WHERE kind = 'friend' UNION SELECT dst, src FROM edge WHERE kind = 'friend') AS e
	  JOIN person AS p ON p.user_id = you GROUP BY me) AS f
WHERE f.me = user_id;
-- Two people of two relations are two edges; a kind that training does not see comes later.
INSERT INTO edge VALUES (1, 2, 'friend', '2026-01-01'), (1, 2, 'colleague', '2026-01-01'), (1, 3, NULL, '2026-01-01');
ANALYZE person;
ANALYZE edge;

-- Mistakes, before anything is learned.
SELECT * FROM train_uplift('kinds', 'person', NULL, relation_column => 'kind');
SELECT * FROM train_uplift('kinds', 'person', 'edge', relation_column => 'knd');
SELECT * FROM train_uplift('kinds', 'person', 'edge', relation_column => 'came');
CREATE VIEW many AS SELECT src, dst, src % 17 AS kind FROM edge;
SELECT * FROM train_uplift('kinds', 'person', 'many', relation_column => 'kind');
CREATE VIEW nobody AS SELECT src, dst, NULL::text AS kind FROM edge;
SELECT * FROM train_uplift('kinds', 'person', 'nobody', relation_column => 'kind');

SET client_min_messages = notice;
SELECT classes -> 'relations' AS relations, memory > 0 AS measured
FROM train_uplift('kinds', 'person', 'edge', relation_column => 'kind', features => '{age,spend}', dry_run => true);
SELECT version, promoted FROM train_uplift('kinds', 'person', 'edge', relation_column => 'kind', features => '{age,spend}',
	hyperparams => '{"max_epochs":60,"aggregate":"attention+sum","heads":2}');
SET client_min_messages = warning;
SELECT version FROM train_uplift('alike', 'person', 'edge', features => '{age,spend}', hyperparams => '{"max_epochs":60}');

-- It takes more memory, and the kinds are stored in their order.
SELECT k.memory > a.memory AS more
FROM train_uplift('kinds', 'person', 'edge', relation_column => 'kind', features => '{age,spend}', dry_run => true) AS k,
	 train_uplift('alike', 'person', 'edge', features => '{age,spend}', dry_run => true) AS a;
SELECT (regexp_match(encode(export_model('kinds'), 'escape'), '"relations":"([^}]*?\])"'))[1] AS relations;

-- It sees whose friends are old.
CREATE TABLE scores AS SELECT user_id, uplift, rank FROM target_users('kinds');
SELECT avg(s.uplift) FILTER (WHERE f.age > 0) - avg(s.uplift) FILTER (WHERE f.age <= 0) > .1 AS told_apart
FROM scores AS s
JOIN (SELECT me, avg(p.age) AS age
	  FROM (SELECT src AS me, dst AS you FROM edge WHERE kind = 'friend' UNION SELECT dst, src FROM edge WHERE kind = 'friend') AS e
	  JOIN person AS p ON p.user_id = you GROUP BY me) AS f ON f.me = s.user_id;

-- One user by index lookups is what the whole graph says.
SELECT count(*), max(abs(s.uplift - (uplift('kinds', s.user_id)).uplift)) < 1e-5 AS equal FROM scores AS s WHERE s.user_id <= 60;

-- So is the network as SQL.
CREATE TABLE net AS SELECT export_model('kinds') AS weights;
CREATE TABLE friendship AS
SELECT DISTINCT kind, me, you FROM (SELECT kind, src AS me, dst AS you FROM edge UNION ALL SELECT kind, dst, src FROM edge) AS e WHERE me <> you;
CREATE TABLE h0 AS SELECT user_id, gnn_input((SELECT weights FROM net), ARRAY[age, spend]) AS h FROM person;
CREATE TABLE h1 AS
SELECT me.user_id, gnn_layer((SELECT weights FROM net), 0, me.h, attend((SELECT weights FROM net), 0, me.h, you.h, 1, kind)) AS h
FROM h0 AS me LEFT JOIN friendship AS f ON f.me = me.user_id LEFT JOIN h0 AS you ON you.user_id = f.you GROUP BY me.user_id, me.h;
CREATE TABLE h2 AS
SELECT me.user_id, gnn_layer((SELECT weights FROM net), 1, me.h, attend((SELECT weights FROM net), 1, me.h, you.h, 1, kind)) AS h
FROM h1 AS me LEFT JOIN friendship AS f ON f.me = me.user_id LEFT JOIN h1 AS you ON you.user_id = f.you GROUP BY me.user_id, me.h;
SELECT count(*), max(abs(s.uplift - (gnn_heads((SELECT weights FROM net), h)).uplift)) < 1e-5 AS equal FROM h2 JOIN scores AS s USING (user_id);
SELECT attend((SELECT weights FROM net), 0, h, h, 1) FROM h0;
SELECT attend((SELECT export_model('alike')), 0, h, h, 1, 'friend') FROM h0;
-- Edges of no known kind are left out.
SELECT attend((SELECT weights FROM net), 0, me.h, you.h, 1, 'friend') = attend((SELECT weights FROM net), 0, me.h, you.h, 1, kind) AS equal
FROM h0 AS me, h0 AS you, (VALUES ('friend'), ('enemy'), (NULL)) AS k (kind) WHERE me.user_id = 1 AND you.user_id = 2 AND kind = 'friend';

-- A copy by safetensors answers the same.
SELECT import_model('copied', (SELECT weights FROM net));
SELECT promote('copied', 1);
SELECT count(*) FROM h2 JOIN scores AS s USING (user_id), LATERAL gnn_heads((SELECT export_model('copied')), h) AS g WHERE abs(g.uplift - s.uplift) > 1e-5;

-- A new kind of edge is left out, with a notice; directed and weighted graphs have kinds, too.
INSERT INTO edge SELECT 5, i, 'enemy', '2026-03-01' FROM generate_series(100, 120) AS i;
SET client_min_messages = notice;
SELECT count(*), max(abs(t.uplift - s.uplift)) < 1e-6 AS same FROM target_users('kinds') AS t JOIN scores AS s USING (user_id);
\c -
SET search_path = public, usercls;
SELECT abs(u.uplift - s.uplift) < 1e-5 AS same FROM scores AS s, uplift('kinds', 5::bigint) AS u WHERE s.user_id = 5;
SELECT abs(u.uplift - s.uplift) < 1e-5 AS same FROM scores AS s, uplift('kinds', 5::bigint) AS u WHERE s.user_id = 5;
SET client_min_messages = warning;
DELETE FROM edge WHERE kind = 'enemy';

-- Explained by friends of all kinds; attention adds up to 1 with what is left for oneself.
SELECT bool_and(attention BETWEEN 0 AND 1) AS shares, sum(attention) <= 1.00001 AS all_of_it,
	   abs(sum(contribution) - max(uplift - typical_uplift)) < 1e-5 AS adds_up
FROM explain_uplift('kinds', 1::bigint, NULL);

-- Evaluation, worth, importance.
SELECT value IS NOT NULL AS measured FROM evaluate('kinds') WHERE metric = 'qini';
SELECT count(*) > 0 AS valued FROM policy_value('kinds', value => 1, cost => .01);
SELECT count(*) AS features FROM importance('kinds');

-- Retraining keeps the column; going on from a version keeps its kinds.
CALL retrain('kinds', promote => 'never');
SELECT export_model('kinds', 2) IS NOT NULL AS retrained, position('colleague' IN encode(export_model('kinds', 2), 'escape')) > 0 AS tells_apart;
SELECT version FROM train_uplift('kinds', 'person', 'edge', relation_column => 'kind', features => '{age,spend}', warm_start => 1,
	hyperparams => '{"max_epochs":2,"aggregate":"attention+sum","heads":2}');
SELECT version FROM train_uplift('kinds', 'person', 'edge', features => '{age,spend}', warm_start => 1,
	hyperparams => '{"max_epochs":2,"aggregate":"attention+sum","heads":2}');

-- Numbers and booleans name kinds as well.
CREATE VIEW coded AS SELECT src, dst, (kind = 'friend') AS close, CASE kind WHEN 'friend' THEN 1 ELSE 2 END AS code, 1.5 AS w FROM edge WHERE kind IS NOT NULL;
SELECT classes -> 'relations' AS relations
FROM train_uplift('coded', 'person', 'coded', relation_column => 'close', weight_column => 'w', directed => true, hyperparams => '{"max_epochs":2}');
SELECT classes -> 'relations' AS relations
FROM train_uplift('coded', 'person', 'coded', relation_column => 'code', hyperparams => '{"max_epochs":2}', promote => 'always');
CREATE TABLE coded_scores AS SELECT user_id, uplift FROM target_users('coded');
SELECT max(abs(s.uplift - (uplift('coded', s.user_id)).uplift)) < 1e-5 AS equal FROM coded_scores AS s WHERE s.user_id <= 20;

-- Scores of those whose surroundings changed.
CALL refresh_scores('kinds', 'kind_scores');
INSERT INTO edge VALUES (7, 8, 'friend', '2026-06-01');
CALL refresh_scores('kinds', 'kind_scores', changed_since => '2026-05-01', changed_column => 'came');
SELECT count(*) FROM target_users('kinds') AS t JOIN kind_scores AS s USING (user_id) WHERE abs(t.uplift - s.uplift) > 1e-5;

-- A graph that does not fit is learned from by samples of each kind.
CREATE TABLE crowd AS
SELECT i AS user_id, hashint4(i) % 1000 / 500.0 AS age, hashint4(i + 50000) % 2 = 0 AS treated, abs(hashint4(i + 90000)) % 10 < 3 AS outcome
FROM generate_series(1, 30000) AS i;
CREATE TABLE tie AS
SELECT i AS src, 1 + abs(hashint4(i * 31 + k * 1000003)) % 30000 AS dst, CASE WHEN k < 2 THEN 'friend' ELSE 'colleague' END AS kind
FROM generate_series(1, 30000) AS i, generate_series(0, 2) AS k;
SET usercls.max_memory = '40MB';
SELECT classes -> 'relations' AS relations, EXISTS (SELECT FROM unnest(notices) AS n WHERE n LIKE 'training on samples of the graph%') AS samples
FROM train_uplift('crowd', 'crowd', 'tie', relation_column => 'kind', promote => 'always', hyperparams => '{"max_epochs":1,"hidden_size":32}');
RESET usercls.max_memory;
SELECT value IS NOT NULL AS measured FROM evaluate('crowd') WHERE metric = 'qini';
SELECT drop_model('crowd');
DROP TABLE crowd, tie;

DROP TABLE person, edge, scores, net, friendship, h0, h1, h2, coded_scores, kind_scores CASCADE;
SELECT drop_model('kinds'), drop_model('alike'), drop_model('copied'), drop_model('coded');
