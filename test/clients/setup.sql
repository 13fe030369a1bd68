-- What docs/clients.md and test/clients/clients.py speak of: two small models, and a table of scores.
SET client_min_messages = error;
CREATE EXTENSION usercls;
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
	(200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend, (hashint8(u * 3 + w) & 7)::float8 AS logins
FROM generate_series(1, 200) u, generate_series(0, 23) w;
CREATE TABLE member AS
SELECT u AS user_id, (hashint8(u) & 15)::int AS visits, (hashint8(u * 100 + 3) & 1)::int AS treated, ((hashint8(u * 3) & 3) = 0)::int AS outcome
FROM generate_series(1, 400) AS u;
CREATE TABLE friend AS SELECT u AS src, 1 + (hashint8(u * 100 + 10 + f) & 255) AS dst FROM generate_series(1, 400) AS u, generate_series(1, 3) AS f;
CREATE INDEX ON member (user_id);
CREATE INDEX ON friend (src);
CREATE INDEX ON friend (dst);
SELECT usercls.train_sequence('churn', 'behaviour', trend_of => 'spend', features => '{spend,logins}', hyperparams => '{"max_epochs": 3}', promote => 'always');
SELECT usercls.train_uplift('incentive', 'member', 'friend', hyperparams => '{"max_epochs": 2}', promote => 'always');
CREATE TABLE sequences AS
SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend, logins], '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z') AS seq FROM behaviour GROUP BY 1;
CREATE TABLE trends AS SELECT user_id, usercls.trend_agg(ts, spend, '7 days', '2026-03-30 00:00Z', '2026-06-22 00:00Z') AS trend FROM behaviour GROUP BY 1;
CALL usercls.refresh_scores('churn', 'churn_scores', class => 'high_risk', threshold => 0.5);
