-- What do treated friends do? By the draws of the experiment, at the tables of a model.
SET client_min_messages = error;
\set SHOW_CONTEXT never
SET search_path = public, usercls;
CREATE FUNCTION draw(i int, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(i, what) & 1048575)::float8 / 1048576;

-- A made-up experiment: friends live near each other, and what nobody knows of users is alike near by. A fifth is outside the
-- experiment; of some nobody knows the outcome, but what they got is known; the last 50 have no friends.
CREATE TABLE friend AS SELECT i AS src, (i + floor(draw(i, 20 + f) * 30)::int) % 5950 + 1 AS dst FROM generate_series(1, 5950) AS i, generate_series(1, 3) AS f;
INSERT INTO friend SELECT src, src FROM friend WHERE src % 100 = 1 UNION ALL SELECT dst, src FROM friend WHERE src % 10 = 1 UNION ALL SELECT 1, 7000 UNION ALL SELECT NULL, 1;
CREATE TABLE pair AS SELECT src AS u, dst AS v FROM friend WHERE src <> dst AND dst <= 6000 UNION SELECT dst, src FROM friend WHERE src <> dst AND dst <= 6000;
CREATE TABLE drawn AS SELECT i AS user_id, draw(i, 1) AS age, CASE WHEN draw(i, 3) < 0.8 THEN floor(2 * draw(i, 2))::int END AS treated FROM generate_series(1, 6000) AS i;
ANALYZE pair, drawn;
CREATE TABLE heard AS SELECT d.*, coalesce(n, 0) AS n, coalesce(k, 0) AS k, coalesce(inside, 0) AS inside FROM drawn AS d LEFT JOIN (SELECT u, count(*) AS n, count(treated) AS inside, sum(coalesce(treated, 0)) AS k FROM pair JOIN drawn ON user_id = v GROUP BY u) AS s ON u = user_id;
CREATE TABLE member AS SELECT user_id, age, treated, CASE WHEN draw(user_id, 5) < 0.95 THEN (draw(user_id, 4) < 0.15 + 0.1 * sin(user_id / 40.0) + 0.2 * coalesce(treated, 0) + 0.3 * k / greatest(n, 1))::int END AS outcome FROM heard;
SELECT version FROM train_uplift('invite', 'member', 'friend', features => '{age}', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1}', promote => 'always');

SELECT effect, arm, among, low < truth AND truth < high AS holds, low > 0 AS surely, abs(low - (estimate - 1.96 * standard_error)) + abs(high - (estimate + 1.96 * standard_error)) < 1e-9 AS interval, standard_error BETWEEN 0.005 AND 0.08 AS error, users = counted AS counted
FROM spillover('invite'), LATERAL (SELECT CASE effect WHEN 'own' THEN 0.2 ELSE 0.3 END AS truth,
	(SELECT count(*) FROM member AS m JOIN heard USING (user_id) WHERE outcome IS NOT NULL AND (m.treated IS NULL) = (among = 'others') AND (effect = 'own' OR inside > 0)) AS counted) AS t;

-- Where there is none, its interval holds 0: the outcome is that of another draw.
CREATE VIEW nothing AS SELECT user_id, age, treated, (draw(user_id, 6) < 0.3 + 0.2 * sin(user_id / 40.0))::int AS outcome FROM member;
SELECT effect, among, low < 0 AND 0 < high AS holds FROM spillover('invite', source => 'nothing');
-- An outcome without errors is found exactly: what is one friend, and that users without a treatment or an outcome are friends, too.
CREATE VIEW exact AS SELECT user_id, age, treated, CASE WHEN draw(user_id, 5) < 0.95 THEN 20 * coalesce(treated, 0) + 5 * k + 3 * age + ln(1 + n) END AS outcome FROM heard;
SELECT version FROM train_uplift('exact', 'exact', 'friend', features => '{age}', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1, "outcome": "number"}', promote => 'always');
SELECT effect, among, round(estimate::numeric, 3) AS estimate, standard_error < 1e-4 AS exact FROM spillover('exact', 'number');
-- Friends are friends by edges of any relation, and once.
CREATE VIEW kinds AS SELECT src, dst, (ARRAY['work', 'home'])[1 + (src + dst) % 2] AS kind FROM friend UNION ALL SELECT src, dst, 'home' FROM friend;
SELECT version FROM train_uplift('kinds', 'exact', 'kinds', features => '{age}', relation_column => 'kind', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1, "outcome": "number"}', promote => 'always');
SELECT effect, among, round(estimate::numeric, 3) AS estimate, standard_error < 1e-4 AS exact FROM spillover('kinds', 'number');
-- Who listens to whom: edges of one direction, and weights.
CREATE VIEW weighed AS SELECT src, dst, 1 + src % 3 AS strength FROM friend WHERE src < dst;
CREATE VIEW listens AS SELECT user_id, age, treated, 7 * coalesce(share, 0) - coalesce(treated, 0) AS outcome FROM heard LEFT JOIN (SELECT dst, sum(strength * coalesce(treated, 0))::float8 / sum(strength) AS share FROM weighed JOIN drawn ON user_id = src GROUP BY dst) AS h ON dst = user_id;
SELECT version FROM train_uplift('listens', 'listens', 'weighed', features => '{age}', weight_column => 'strength', directed => true, hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1, "outcome": "number"}', promote => 'always');
SELECT effect, among, round(estimate::numeric, 3) AS estimate, standard_error < 1e-4 AS exact FROM spillover('listens', 'share');
-- Without direction somebody hears others, too, and other edges are other friends.
SELECT bool_and(standard_error > 1e-4) AS not_exact FROM spillover('listens', edges => 'weighed', source => 'exact');

-- Several treatments: friends of each; users of an arm are named by the control.
CREATE TABLE several AS SELECT user_id, age, CASE WHEN draw(user_id, 7) < 0.9 THEN (ARRAY['none', 'sms', 'mail'])[1 + floor(3 * draw(user_id, 8))::int] END AS arm FROM drawn;
CREATE VIEW answers AS SELECT s.*, CASE arm WHEN 'sms' THEN 1 WHEN 'mail' THEN 2 ELSE 0 END + 10 * coalesce(sms, 0) - 4 * coalesce(mail, 0) AS outcome FROM several AS s LEFT JOIN (SELECT u, count(*) FILTER (WHERE f.arm = 'sms') AS sms, count(*) FILTER (WHERE f.arm = 'mail') AS mail FROM pair JOIN several AS f ON f.user_id = v GROUP BY u) AS h ON u = user_id;
SELECT version FROM train_uplift('several', 'answers', 'friend', features => '{age}', treatment_column => 'arm', control => 'none', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1, "outcome": "number"}', promote => 'always');
SELECT effect, arm, among, round(estimate::numeric, 3) AS estimate, standard_error < 1e-4 AS exact FROM spillover('several', 'number');

-- Chances that differ: by the features, so that who has many treated friends is another user.
CREATE TABLE chosen AS SELECT user_id, user_id / 6000.0 AS place, CASE WHEN draw(user_id, 9) < p THEN 1 ELSE 0 END AS treated, p AS chance FROM drawn, LATERAL (SELECT 0.2 + 0.6 * (sin(user_id / 40.0) > 0)::int AS p) AS c;
CREATE VIEW unlike AS SELECT c.*, (draw(c.user_id, 10) < 0.3 + 0.25 * sin(c.user_id / 40.0) + 0.15 * treated)::int AS outcome FROM chosen AS c;
SELECT version FROM train_uplift('chances', 'unlike', 'friend', features => '{place}', propensity_column => 'chance', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1}', promote => 'always');
SELECT version FROM train_uplift('chances_ignored', 'unlike', 'friend', features => '{place}', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1}', promote => 'always');
SELECT m AS model, effect, low < truth AND truth < high AS holds FROM unnest('{chances,chances_ignored}'::text[]) AS m, spillover(m), LATERAL (SELECT CASE effect WHEN 'own' THEN 0.15 ELSE 0 END AS truth) AS t;

-- Who could not be in both arms has no outcome, and is a friend whose treatment is no chance.
CREATE VIEW sure AS SELECT user_id, place, 1 AS treated, NULL::int AS outcome, 1.0 AS chance FROM unlike WHERE user_id % 5 = 0 UNION ALL SELECT user_id, place, treated, outcome, chance FROM unlike WHERE user_id % 5 <> 0;
CREATE VIEW not_drawn AS SELECT user_id, place, CASE WHEN user_id % 5 <> 0 THEN treated END AS treated, CASE WHEN user_id % 5 <> 0 THEN outcome END AS outcome, chance FROM unlike;
SELECT effect, among, s.estimate = n.estimate AND s.standard_error = n.standard_error AS same FROM spillover('chances', source => 'sure') AS s JOIN spillover('chances', source => 'not_drawn') AS n USING (effect, arm, among);
-- Drawn together: whole blocks, in which the outcome is alike, with friends anywhere. Taken for users drawn alone the own effect's interval is too narrow.
CREATE VIEW far AS SELECT user_id AS src, 1 + (user_id * 7 + f * 2111) % 6000 AS dst FROM drawn, generate_series(1, 3) AS f;
CREATE TABLE blocks AS SELECT user_id, user_id / 40 AS block, floor(2 * draw(user_id / 40, 11))::int AS treated, age FROM drawn;
CREATE VIEW together AS SELECT b.*, (draw(user_id, 12) < 0.2 + 0.5 * draw(block, 13) + 0.1 * treated)::int AS outcome FROM blocks AS b;
SELECT version FROM train_uplift('together', 'together', 'far', features => '{age}', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1}', promote => 'always');
SELECT a.effect, a.estimate = b.estimate AS same, a.effect = 'spillover' OR b.standard_error / a.standard_error > 1.5 AS wider, CASE a.effect WHEN 'own' THEN b.low < 0.1 AND 0.1 < b.high ELSE b.low < 0 AND 0 < b.high END AS holds
FROM spillover('together') AS a JOIN spillover('together', cluster_column => 'block') AS b USING (effect, arm, among);
-- Each alone is what a value of their own says, too; null is alone.
CREATE VIEW alone AS SELECT *, user_id::text AS own, CASE WHEN user_id % 2 = 0 THEN user_id END AS half FROM together;
SELECT c, bool_and(abs(a.standard_error / b.standard_error - 1) < 1e-3) AS alike FROM spillover('together') AS a, unnest('{own,half}'::name[]) AS c, spillover('together', cluster_column => c, source => 'alone') AS b WHERE b.effect = a.effect GROUP BY c ORDER BY c;

-- What cannot be told.
SELECT spillover('invite', 'shares');
SELECT spillover('invite', NULL);
SELECT spillover('invite', cluster_column => 'nobody');
CREATE VIEW spots AS SELECT *, point(user_id, 0) AS spot FROM member;
SELECT spillover('invite', source => 'spots', cluster_column => 'spot');
SELECT version FROM train_uplift('no_edges', 'member', NULL, features => '{age}', hyperparams => '{"max_epochs": 2}', promote => 'always');
SELECT spillover('no_edges');
SELECT spillover('no_edges', edges => 'friend');
CREATE VIEW strangers AS SELECT src, dst FROM friend WHERE src > 7000;
SELECT spillover('invite', edges => 'strangers');
CREATE VIEW one_arm AS SELECT user_id, age, 1 AS treated, outcome FROM member;
SELECT spillover('invite', source => 'one_arm');
CREATE VIEW no_outcome AS SELECT user_id, age, treated, NULL::int AS outcome FROM member;
SELECT spillover('invite', source => 'no_outcome');
-- Where only those outside have an outcome, friends do something to them alone.
CREATE VIEW only_others AS SELECT user_id, age, treated, CASE WHEN treated IS NULL THEN outcome END AS outcome FROM member;
SELECT effect, arm, among, e.estimate = f.estimate AS same FROM spillover('invite', source => 'only_others') AS e JOIN spillover('invite') AS f USING (effect, arm, among);
CREATE VIEW numbers AS SELECT user_id, age, treated, 7 AS outcome FROM member;
SELECT spillover('invite', source => 'numbers');
CREATE VIEW several_chances AS SELECT *, 0.3 AS chance FROM answers;
SELECT version FROM train_uplift('several_chances', 'several_chances', 'friend', features => '{age}', treatment_column => 'arm', control => 'none', propensity_column => 'chance', hyperparams => '{"max_epochs": 2, "hidden_size": 4, "layers": 1, "outcome": "number"}', promote => 'always');
SELECT spillover('several_chances');
SELECT spillover('nobody');
-- An arm that nobody is in has no effect that could be told; the others have.
CREATE VIEW less AS SELECT user_id, age, arm, outcome FROM answers WHERE arm <> 'mail';
SELECT effect, arm, among, estimate IS NULL AS unknown, low IS NULL AS no_interval FROM spillover('several', source => 'less');

SELECT count(drop_model(model)) FROM models;
DROP VIEW nothing, listens, weighed, exact, kinds, several_chances, less, answers, sure, not_drawn, unlike, alone, together, far, strangers, one_arm, no_outcome, only_others, numbers, spots;
DROP TABLE friend, pair, drawn, heard, member, several, chosen, blocks;
DROP FUNCTION draw;
