-- Made from README.md by scripts/readme-sql; what it learns is run without printing it.

CREATE EXTENSION IF NOT EXISTS usercls;

CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
       (200 + (hashint8(u) & 255) + (u % 3 - 1) * 3 * w + (hashint8(u * 1000 + w) & 7))::float8 AS spend,
       (hashint8(u * 1000 + w + 500) & 7)::float8 AS logins
FROM generate_series(1, 600) AS u, generate_series(0, 23) AS w;

CREATE TABLE members AS
SELECT u AS user_id, (ARRAY['basic', 'pro', 'family'])[1 + (hashint8(u * 7) & 3)] AS plan, 18 + (hashint8(u * 5) & 63) AS age
FROM generate_series(1, 600) AS u;

\o /dev/null
SELECT version, promoted, value, baseline, rows_train, rows_held_out, users, cutoffs
FROM usercls.train_sequence('falling', 'behaviour', outcome => 'regr_slope(spend, extract(epoch FROM ts)::float8) < 0',
       features => ARRAY['spend', 'logins', 'count(*)'], cutoffs => '3', users => 'members', attributes => '{plan,age}');

SELECT user_id, probability FROM usercls.classify_users('falling') WHERE label = 'true' ORDER BY probability DESC, user_id LIMIT 10;
\o

SELECT usercls.label(trend), count(*)
FROM (SELECT user_id, usercls.trend_agg(ts, spend, '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z') AS trend
      FROM behaviour WHERE ts >= '2026-03-30 00:00Z' GROUP BY user_id) AS u
GROUP BY 1 ORDER BY 1;

\o /dev/null
SELECT version, promoted, metric, value, baseline, rows_train, rows_held_out
FROM usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend,logins}');
\o

\o /dev/null
SELECT user_id, usercls.label(trend), p.label AS expected, p.probability, rank() OVER (ORDER BY p.probability DESC)
FROM (SELECT user_id, usercls.trend_agg(ts, spend, '7 days', a, b) AS trend,
             usercls.sequence_agg(ts, ARRAY[spend, logins], '7 days', a, b) AS seq
      FROM behaviour, (VALUES (timestamptz '2026-03-30 00:00Z', timestamptz '2026-06-22 00:00Z')) AS w(a, b)
      WHERE ts >= a AND ts < b GROUP BY user_id) AS u
CROSS JOIN LATERAL usercls.predict('churn', u.seq) AS p
WHERE p.label = 'high_risk' AND p.probability >= 0.8
ORDER BY p.probability DESC LIMIT 10;
\o

CREATE TABLE trends AS
SELECT user_id, usercls.trend_agg(ts, spend, '7 days') AS trend FROM behaviour GROUP BY user_id;

SELECT usercls.label(trend, 3, -3) AS potential_at_3_high_risk_at_minus_3, count(*) FROM trends GROUP BY 1 ORDER BY 1;

SELECT usercls.label(trend, ARRAY[-8, -3, 3, 8])::usercls.trend_label AS five, count(*) FROM trends GROUP BY 1 ORDER BY 1;

SELECT usercls.net_sign(trend), round(usercls.p_value(trend)::numeric, 6) AS p_value, usercls.signs(trend)
FROM trends WHERE user_id = 3;

SELECT usercls.label(trend), count(*)
FROM usercls.trend_users('behaviour', 'user_id', 'ts', 'spend', '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z')
GROUP BY 1 ORDER BY 1;

\o /dev/null
SELECT version, value < baseline AS better
FROM usercls.train_sequence('next_spend', 'behaviour', outcome => 'coalesce(sum(spend), 0)', features => '{spend}');

SELECT user_id, f.* FROM usercls.classify_users('next_spend') AS c, usercls.forecast('next_spend', c.probabilities) AS f
ORDER BY f.mean DESC LIMIT 5;
\o

\o /dev/null
SELECT version, promoted, reason
FROM usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend,logins}',
       architecture => 'lstm', class_weights => '"resample"',
       hyperparams => '{"hidden_size": 32, "max_epochs": 10}', promote => 'always', comment => 'a smaller LSTM');
\o

\o /dev/null
SELECT version, attributes, promoted
FROM usercls.train_sequence('spenders', 'behaviour', outcome => 'sum(spend) > 1300 AND sum(logins) > 12',
       features => '{spend,logins}', users => 'members', attributes => '{plan,age}', promote => 'always');

SELECT user_id, usercls.score('spenders', seq, 'true', members) AS p
FROM usercls.sequences('spenders') JOIN members USING (user_id) ORDER BY p DESC LIMIT 3;
\o

SELECT name, type FROM usercls.hyperparameters('sequence') WHERE name IN ('hidden_size', 'learning_rate') ORDER BY 1;

SELECT rows_train + rows_held_out AS users, memory > 0 AS tells_the_memory
FROM usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend,logins}', dry_run => true);

\o /dev/null
SELECT rank, user_id, probability FROM usercls.classify_users('churn') WHERE label = 'high_risk' ORDER BY rank LIMIT 5;

SELECT rank, user_id, usercls.net_sign(trend), probability
FROM usercls.classify_users('churn', NULL, id => NULL::bigint, with_trend => true)
WHERE label = 'high_risk' ORDER BY rank LIMIT 5;
\o

SELECT count(*) AS users, count(*) FILTER (WHERE abs(p.probability - c.probability) < 1e-6) AS as_classify_users
FROM usercls.sequences('churn') AS s
JOIN usercls.classify_users('churn') AS c USING (user_id)
CROSS JOIN LATERAL usercls.predict('churn', s.seq) AS p;

\o /dev/null
SELECT feature, period_start, reason, contribution FROM usercls.explain_user('churn', 42, 'high_risk');
\o

\o /dev/null
SELECT feature, importance, ci_low, ci_high FROM usercls.importance('churn') WHERE metric = 'log_loss' ORDER BY importance DESC;
\o

CREATE TABLE member AS
SELECT u AS user_id, visits, age, treated,
       ((hashint8(u * 100 + 4) & 1023) / 1024.0 < 0.1 + 0.5 * treated * (visits > 8)::int)::int AS outcome
FROM generate_series(1, 2048) AS u,
LATERAL (SELECT hashint8(u * 100 + 1) & 15 AS visits, 20 + (hashint8(u * 100 + 2) & 31) AS age,
                hashint8(u * 100 + 3) & 1 AS treated) AS x;

CREATE TABLE friend AS
SELECT u AS src, 1 + (hashint8(u * 100 + 10 + f) & 2047) AS dst FROM generate_series(1, 2048) AS u, generate_series(1, 4) AS f;

\o /dev/null
SELECT version, metric, value, rows_train, rows_held_out
FROM usercls.train_uplift('incentive', 'member', 'friend', hyperparams => '{"max_epochs": 20}');

SELECT user_id, uplift, p_first, p_second, segment, rank FROM usercls.target_users('incentive')
WHERE uplift > 0 ORDER BY rank LIMIT 10;
\o

\o /dev/null
SELECT policy, arm, treated, worth, gain, gain_low, gain_high FROM usercls.policy_value('incentive', value => 40, cost => 5);
\o

\o /dev/null
SELECT effect, among, estimate, low, high, users FROM usercls.spillover('incentive');
\o

\o /dev/null
SELECT metric, value, ci_low, ci_high, baseline, n FROM usercls.evaluate('churn');
\o

SELECT usercls.auc(s, y) AS auc, round(usercls.log_loss(s, y)::numeric, 6) AS log_loss
FROM (VALUES (0.9, true), (0.4, true), (0.6, false), (0.2, false)) AS v(s, y);

SELECT usercls.promote('churn', 1, 'the first one will do');
SELECT usercls.rollback('churn', reason => 'it did not');
SELECT model, version, action, reason FROM usercls.deployments WHERE model = 'churn' AND action = 'rollback';

\o /dev/null
CALL usercls.retrain('churn', max_runtime => '1 hour');
CALL usercls.refresh_scores('churn', 'churn_scores', class => 'high_risk', threshold => 0.8);
\o

\o /dev/null
SELECT user_id, score, rank FROM churn_scores WHERE marked ORDER BY rank LIMIT 5;
\o

SELECT usercls.grant_model('churn', 'public', 'score');
SELECT usercls.revoke_model('churn', 'public');

SELECT usercls.import_model('churn_copy', usercls.export_model('churn'), promote => 'always') AS version;
SELECT usercls.drop_model('churn_copy');

-- The page ends; so does what it made.
SELECT usercls.drop_model(model) FROM unnest('{churn,falling,next_spend,spenders,incentive}'::text[]) AS model;
DROP TABLE behaviour, trends, members, member, friend, churn_scores;
