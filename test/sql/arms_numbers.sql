-- Several arms, outcomes that are numbers, and effects that depend on the sum over friends: known effects at every door.
SET client_min_messages = warning;
SET search_path = public, usercls;
CREATE FUNCTION draw(i int, what int) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN (hashint4extended(i, what) & 1048575)::float8 / 1048576;
CREATE TABLE buyer AS SELECT i AS user_id, draw(i, 1) - 0.5 AS a, draw(i, 2) - 0.5 AS b, (ARRAY['none', 'coupon', 'call'])[1 + floor(3 * draw(i, 3))::int] AS offer, NULL::float8 AS spent FROM generate_series(1, 2000) AS i;
ALTER TABLE buyer ADD PRIMARY KEY (user_id);
CREATE TABLE knows AS SELECT DISTINCT i AS src, 1 + floor(2000 * power(draw(i * 10 + k, 5), 1.5))::int AS dst FROM generate_series(1, 2000) AS i, generate_series(1, 3) AS k;
CREATE INDEX ON knows (src, dst);
CREATE INDEX ON knows (dst, src);
CREATE TABLE near AS SELECT src AS self, dst AS other FROM knows WHERE src <> dst UNION SELECT dst, src FROM knows WHERE src <> dst;
CREATE TABLE truth AS SELECT user_id, 100 + 20 * a + 10 * coalesce(sum_b, 0) AS base, 10 + 40 * a + 8 * coalesce(sum_a, 0) AS coupon, 20 - 12 * coalesce(sum_a, 0) AS call
FROM buyer LEFT JOIN (SELECT self AS user_id, sum(a) AS sum_a, sum(b) AS sum_b FROM near JOIN buyer ON user_id = other GROUP BY self) AS s USING (user_id);
UPDATE buyer AS u SET spent = base + CASE offer WHEN 'coupon' THEN coupon WHEN 'call' THEN call ELSE 0 END + 6 * (draw(u.user_id, 7) - 0.5) FROM truth AS t WHERE t.user_id = u.user_id;
CREATE TABLE price AS SELECT '{"coupon": 15, "call": 18}'::jsonb AS cost;

-- By all defaults but these two the effects are found: they vary by 12 and 8, and the noise by 1.7.
SELECT version, metric, classes -> 'arms' AS arms, telling, notices FROM train_uplift('shop', 'buyer', 'knows', treatment_column => 'offer', control => 'none', outcome_column => 'spent', features => '{a,b}',
	hyperparams => '{"outcome": "number", "aggregate": "attention+sum"}', promote => 'always');
SELECT count(*), sqrt(avg(power((uplifts->>'coupon')::float8 - coupon, 2))) < 1 AS coupon, sqrt(avg(power((uplifts->>'call')::float8 - call, 2))) < 1 AS call, avg((best_arm = CASE WHEN coupon > call THEN 'coupon' ELSE 'call' END)::int) > 0.97 AS best,
	avg((arm IS NOT DISTINCT FROM CASE WHEN greatest(coupon - 15, call - 18) <= 0 THEN NULL WHEN coupon - 15 > call - 18 THEN 'coupon' ELSE 'call' END)::int) > 0.95 AS decided
FROM price, LATERAL target_users('shop', 1, cost) JOIN truth USING (user_id);
-- Within a budget: what it pays, by what each gains for its price.
SELECT sum((cost->>arm)::float8) BETWEEN 4982 AND 5000 AS spent, avg((CASE arm WHEN 'coupon' THEN coupon ELSE call END)) > 1.7 * avg((cost->>arm)::float8) AS gains FROM price, LATERAL target_users('shop', 1, cost, 5000) JOIN truth USING (user_id) WHERE targeted;
-- Three ways to score.
CREATE TABLE state AS SELECT user_id, gnn_input(export_model('shop'), ARRAY[a, b]) AS h FROM buyer;
CREATE TABLE state1 AS SELECT me.user_id, gnn_layer(export_model('shop'), 0, me.h, attend(export_model('shop'), 0, me.h, you.h, 1)) AS h FROM state AS me LEFT JOIN near ON self = me.user_id LEFT JOIN state AS you ON you.user_id = other GROUP BY me.user_id, me.h;
CREATE TABLE state2 AS SELECT me.user_id, gnn_layer(export_model('shop'), 1, me.h, attend(export_model('shop'), 1, me.h, you.h, 1)) AS h FROM state1 AS me LEFT JOIN near ON self = me.user_id LEFT JOIN state1 AS you ON you.user_id = other WHERE me.user_id % 20 = 0 GROUP BY me.user_id, me.h;
SELECT count(*), max(abs((t.uplifts->>'coupon')::float8 - (o.uplifts->>'coupon')::float8)) < 1e-3 AS one_user, max(abs((t.uplifts->>'call')::float8 - (s.uplifts->>'call')::float8)) < 1e-3 AS by_sql
FROM target_users('shop') AS t JOIN state2 AS h USING (user_id), LATERAL uplift('shop', t.user_id) AS o, LATERAL gnn_heads(export_model('shop'), h.h) AS s;

-- Worth: the truth is in the interval, and the decision better than any one arm.
SELECT policy, arm, worth_low <= best AND best <= worth_high AS truth FROM price, (SELECT avg(greatest(coupon - 15, call - 18, 0)) AS best FROM truth) AS t, LATERAL policy_value('shop', 1, cost, source => 'buyer') WHERE policy = 'model';
SELECT policy, arm, abs(worth - CASE arm WHEN 'coupon' THEN c ELSE d END) < 3 AS truth, gain_low > 0 AS decision_is_better FROM price, (SELECT avg(coupon - 15) AS c, avg(call - 18) AS d FROM truth) AS t, LATERAL policy_value('shop', 1, cost, source => 'buyer') WHERE policy = 'everybody';
SELECT count(*) AS policies, bool_and(gain IS NULL OR gain_low <= gain AND gain <= gain_high) AS intervals FROM price, LATERAL policy_value('shop', 1, cost, 5000);

-- Measures of each arm: in the outcome's unit; AUUC is of outcomes that are 0 or 1.
SELECT metric, value IS NOT NULL AS known, CASE WHEN metric LIKE 'mean_predicted%' THEN abs(value - baseline) < 6 WHEN metric LIKE 'qini%' THEN ci_low > 0 WHEN metric LIKE 'calibration%' THEN value < 5 END AS good FROM evaluate('shop', replicates => 30);
SELECT arm, count(*), count(*) FILTER (WHERE abs(predicted - effect) < 4 * standard_error) AS near, corr(predicted, effect) > 0.9 AS ordered FROM uplift_by_decile('shop', groups => 5) GROUP BY arm ORDER BY arm;
SELECT arm, count(*) > 50 AS points, max(share) AS share FROM qini_curve('shop') GROUP BY arm ORDER BY arm;
SELECT arm, count(*) AS bins FROM calibration('shop') GROUP BY arm ORDER BY arm;
SELECT feature, importance > 0.02 AS matters FROM importance('shop', replicates => 5);
SELECT count(*) > 300 AS users, bool_and(held_out AND outcome IS NOT NULL AND (uplifts->>'call') IS NOT NULL) AS complete FROM predictions('shop');
-- Why: contributions add up to the difference to a typical user.
SELECT abs(sum(contribution) - (min(uplift) - min(typical_uplift))) < 1e-3 AS adds_up, count(*) > 3 AS parts FROM explain_uplift('shop', 5, NULL);

-- Tables of scores, and again on today's data: anew, and from where it was.
CALL refresh_scores('shop', 'shop_scores');
SELECT count(*), max(abs(s.uplift_coupon - coupon)) < 10 AS coupon, max(abs(s.uplift_call - call)) < 10 AS call FROM shop_scores AS s JOIN truth USING (user_id);
CALL retrain('shop', warm_start => false, promote => 'never');
CALL retrain('shop', promote => 'always');
SELECT count(*) AS versions FROM versions WHERE model = 'shop';
SELECT sqrt(avg(power((uplifts->>'coupon')::float8 - coupon, 2))) < 1 AS coupon, sqrt(avg(power((uplifts->>'call')::float8 - call, 2))) < 1 AS call FROM target_users('shop') JOIN truth USING (user_id);
SELECT length(report('shop')) > 10000 AS report;

SELECT drop_model('shop');
DROP TABLE buyer, knows, near, truth, price, state, state1, state2, shop_scores;
DROP FUNCTION draw;
