-- Why a user has his uplift: his features, his friends and theirs; contributions add up, whatever the network is.
\set VERBOSITY terse
SET client_min_messages = error;
SET search_path = public, usercls;
-- Treatment helps who calls; age says nothing.
CREATE TABLE euf AS SELECT u AS user_id, (ARRAY['web', 'phone', 'shop', 'web'])[1 + abs(hashint8(u * 9)) % 4] AS place, CASE WHEN u % 10 > 0 THEN abs(hashint8(u * 5)) % 50 END AS age, abs(hashint8(u * 3)) % 2 AS treated
FROM generate_series(1, 2000) u;
CREATE TABLE eue AS SELECT 1 + abs(hashint8(e * 3)) % 1990 AS src, 1 + abs(hashint8(e * 11)) % 1990 AS dst, 1 + e % 3 AS w FROM generate_series(1, 3000) e;
CREATE TABLE eu AS SELECT f.*, (abs(hashint8(f.user_id * 7)) % 100 < 20 + CASE WHEN treated = 1 AND place = 'phone' THEN 50 ELSE 0 END)::int AS outcome FROM euf f;
ALTER TABLE eu ADD PRIMARY KEY (user_id);
CREATE INDEX ON eue (src, dst);
CREATE INDEX ON eue (dst, src);
CREATE TABLE eu_model (model text, hyperparams jsonb, weight name, edges regclass);
INSERT INTO eu_model VALUES ('eu', '{"max_epochs": 60}', NULL, 'eue'), ('eu_heads', '{"max_epochs": 10, "heads": 4, "layers": 3, "depth": "gated"}', 'w', 'eue'), ('eu_sum', '{"max_epochs": 10, "aggregate": "sum", "layers": 1}', NULL, 'eue'),
	('eu_both', '{"max_epochs": 10, "aggregate": "attention+sum", "estimator": "partial_label"}', 'w', 'eue'), ('eu_transform', '{"max_epochs": 10, "estimator": "class_transform", "log_degree": false}', NULL, 'eue'), ('eu_alone', '{"max_epochs": 60}', NULL, NULL);
SELECT count(train_uplift(m.model, 'eu', m.edges, features => '{place,age}', weight_column => m.weight, hyperparams => m.hyperparams, promote => 'always')) FROM eu_model m;
-- All reasons add up to the difference from the typical user's; the user's uplift is that of uplift().
SELECT m.model, count(*) AS users, bool_and(abs(sum - (e.uplift - e.typical)) < 1e-3) AS adds_up, bool_and(abs(sum - (e.uplift - e.typical)) < 1e-9) AS exactly, bool_and(abs(e.uplift - (x.u).uplift) < 1e-6) AS as_uplift,
	bool_and(listens IS NULL OR listens BETWEEN 0 AND 1) AS shares, count(listens) > 0 AS listens, max(kinds) AS kinds
FROM eu_model m, generate_series(1, 2000, 97) id, LATERAL (SELECT sum(contribution), min(uplift) AS uplift, min(typical_uplift) AS typical, sum(attention) AS listens, count(DISTINCT feature) AS kinds FROM explain_uplift(m.model, id, NULL)) e,
	LATERAL (SELECT uplift(m.model, id) AS u) x GROUP BY 1 ORDER BY 1;
-- Who calls is told so.
SELECT place, count(*) > 20 AS users, count(*) FILTER (WHERE e.feature = 'place' AND (e.contribution > 0.1) = (place = 'phone') AND e.value IS NULL) > 0.9 * count(*) AS by_place
FROM eu, LATERAL explain_uplift('eu_alone', user_id, 1) e WHERE user_id <= 200 AND place = 'phone' GROUP BY 1;
SELECT feature, regexp_replace(reason, '[0-9.]+ %', '# %') AS reason, attention > 0 AS attention, value, round(typical::numeric, 1) AS typical FROM explain_uplift('eu', 1, NULL) ORDER BY feature, friend COLLATE "C";
-- The attention that friends get is that of the network: a friend alone gets what the user does not keep for himself.
SELECT count(*) > 3 AS users, bool_and(attention BETWEEN 0.01 AND 0.99) AS shared FROM (SELECT src AS u FROM (SELECT src, dst FROM eue UNION SELECT dst, src FROM eue) s WHERE src <> dst GROUP BY src HAVING count(*) = 1 LIMIT 20) o, LATERAL explain_uplift('eu', u::int, NULL) e WHERE feature = 'friend';
-- Many friends: ten by name, from the one who gets most attention, and the others together.
INSERT INTO eue SELECT 7, 100 + i, 1 FROM generate_series(1, 40) i;
SELECT feature, count(*), count(friend) AS named, bool_and(attention > 0) AS attention, max(reason) FILTER (WHERE feature = 'other friends') ~ '^[0-9]+ other friends$' AS words FROM explain_uplift('eu', 7, NULL) WHERE feature <> 'age' GROUP BY 1 ORDER BY 1;
SELECT bool_and(abs(contribution) <= before) AS largest_first FROM (SELECT contribution, lag(abs(contribution), 1, 'Infinity') OVER () AS before FROM explain_uplift('eu', 7, NULL)) r;
SELECT count(*), count(DISTINCT uplift) FROM explain_uplift('eu', 7);
SELECT array_agg(e::text) = (SELECT array_agg(e::text) FROM explain_uplift('eu', 7) e) AS again FROM explain_uplift('eu', 7) e;
-- Nobody; a user without friends; ids of another type; values that are not known: null, and one that training has not seen.
SELECT (SELECT count(*) FROM explain_uplift('eu', NULL::bigint)) AS of_null, (SELECT count(*) FROM explain_uplift('eu', 99999)) AS unknown, (SELECT array_agg(DISTINCT feature) FROM explain_uplift('eu', 1999, NULL)) AS alone;
INSERT INTO eu VALUES (5001, 'fax', NULL, 0, 0);
SELECT reason FROM explain_uplift('eu', 5001, NULL) ORDER BY 1;
CREATE VIEW eu_texts AS SELECT 'u' || user_id AS user_id, place, age, treated, outcome FROM eu;
CREATE VIEW eue_texts AS SELECT 'u' || src AS src, 'u' || dst AS dst FROM eue;
SELECT (train_uplift('eu_texts', 'eu_texts', 'eue_texts', features => '{place,age}', hyperparams => '{"max_epochs": 5}', promote => 'always')).version;
SELECT count(friend) > 0 AS friends, bool_and(friend ~ '^u[0-9]+$' OR friend IS NULL) AS named FROM explain_uplift('eu_texts', 'u7'::text, NULL);
-- In a table of scores, of marked users.
CALL refresh_scores('eu', 'eu_scores', threshold => 0.1, reasons => 2);
SELECT count(*) > 50 AS marked, bool_and(array_length(string_to_array(reasons, E'\n'), 1) <= 2) AS with_reasons, bool_or(reasons ~ 'place: phone; usual: web') AS place FROM eu_scores WHERE marked;
SELECT count(*) > 50 AS others, count(reasons) AS reasons FROM eu_scores WHERE NOT marked;
-- Errors.
SELECT * FROM explain_uplift('eu', 1, 0);
SELECT * FROM explain_uplift('nobody', 1);
SELECT * FROM explain_uplift('eu', '2026-01-01'::date);
SELECT * FROM explain_user('eu', 1);
SELECT count(drop_model(model)) FROM models WHERE model LIKE 'eu%';
DROP TABLE eu_scores, eu, euf, eue, eu_model CASCADE;
