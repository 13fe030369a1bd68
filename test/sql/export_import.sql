-- A trained model goes out as a file and comes in under another name: it scores the same, to the bit.
CREATE TABLE behaviour AS
SELECT u AS user_id, timestamptz '2026-01-01' + w * interval '7 days' AS ts,
	(u % 3 - 1) * w + 20 + sin(u * w) AS spend, (u * w) % 5 AS logins
FROM generate_series(1, 60) u, generate_series(0, 15) w;
SELECT version, promoted, reason FROM usercls.train_sequence('export churn', 'behaviour', trend_of => 'spend',
	features => '{spend,logins}', as_of => '2026-04-23', window_periods => 12, horizon_periods => 0,
	hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
SELECT usercls.import_model('export churn copy', usercls.export_model('export churn'), promote => 'always');
SELECT count(*) AS users, count(*) FILTER (WHERE a.probabilities = b.probabilities AND a.label = b.label) AS equal
FROM (SELECT user_id, usercls.sequence_agg(ts, ARRAY[spend, logins], '7 days', '2026-01-29', '2026-04-23') AS seq
	  FROM behaviour GROUP BY user_id) u
CROSS JOIN LATERAL usercls.predict('export churn', u.seq) AS a
CROSS JOIN LATERAL usercls.predict('export churn copy', u.seq) AS b;
SELECT count(*) AS differences FROM (
	(SELECT property, value FROM usercls.model_info('export churn') EXCEPT SELECT property, value FROM usercls.model_info('export churn copy'))
) d WHERE property !~ '^(model|held-out|baseline)';
SELECT state, epochs, version FROM usercls.training_runs WHERE model = 'export churn';
SELECT count(*), min(epoch), max(epoch) FROM usercls.training_epochs WHERE model = 'export churn';
SELECT started_at < min(logged_at) AND max(logged_at) <= finished_at AS in_order
FROM usercls.training_runs JOIN usercls.training_epochs USING (run_id) WHERE training_runs.model = 'export churn' GROUP BY started_at, finished_at;
SELECT spec::jsonb ->> 'source' FROM usercls.versions WHERE model = 'export churn';

CREATE TABLE member AS
SELECT u::bigint AS user_id, u % 2 = 0 AS treated, (u * 7 % 5 < 2 + u % 2)::int AS outcome, u % 10 AS age FROM generate_series(1, 200) u;
CREATE TABLE friend AS SELECT u::bigint AS src, u::bigint * 3 % 200 + 1 AS dst FROM generate_series(1, 200) u;
SELECT version, promoted, reason FROM usercls.train_uplift('export incentive', 'member', 'friend', features => '{age}',
	hyperparams => '{"hidden_size": 4, "heads": 1, "layers": 1, "max_epochs": 2}');
SELECT usercls.import_model('export incentive copy', usercls.export_model('export incentive'), promote => 'always',
	spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'export incentive'));
SELECT count(*) AS users, count(*) FILTER (WHERE a.uplift = b.uplift AND a.p_first IS NOT DISTINCT FROM b.p_first) AS equal
FROM usercls.target_users('export incentive') a JOIN usercls.target_users('export incentive copy') b USING (user_id);
SELECT usercls.import_model('export churn', usercls.export_model('export incentive'));

SELECT usercls.drop_model(model) FROM usercls.models WHERE model LIKE 'export %';
SELECT (SELECT count(*) FROM usercls.training_run) AS runs, (SELECT count(*) FROM usercls.training_log) AS epochs;
DROP TABLE behaviour, member, friend;
