-- sequences(): what a model reads of each user, for predict(); and sequences that are not what it reads.
SET search_path = public, usercls;
SET timezone = 'UTC';
SET client_min_messages = warning;

-- Late beginners, gaps, silent users (10 in a hundred have no row in the last 20 weeks), nulls; two features of different size.
CREATE TABLE seqs_behaviour AS
SELECT u AS user_id, timestamptz '2026-01-05 22:00Z' + w * interval '7 days' + u % 7 * interval '1 day' AS ts,
       (10 + (u % 3 - 1) * w / 4.0 + (hashint8(u * 1000 + w) & 7) * 0.1)::numeric(10, 2) AS spend,
       CASE WHEN hashint8(u * 77 + w) & 3 > 0 THEN 1000 + (hashint8(u * 31 + w) & 127) END AS logins
FROM generate_series(1, 300) u, generate_series(0, 39) w
WHERE NOT (u % 10 = 0 AND w >= 20) AND w >= u % 36 - 2 AND hashint8(u * 13 + w) & 7 > 0;
SET timezone = 'America/New_York';
SELECT rows_train + rows_held_out AS users FROM train_sequence('seqs', 'seqs_behaviour', trend_of => 'spend', features => '{spend,logins}',
	as_of => '2026-09-01', hyperparams => '{"max_epochs": 3, "hidden_size": 8}', promote => 'always');
SET timezone = 'UTC';

-- predict() of them is classify_users(), whatever the session's time zone, at each as_of, in each way of scoring.
SELECT as_of, count(*) AS users, count(*) FILTER (WHERE array_dims(seq) = '[1:12][1:2]') AS whole_windows,
       count(*) FILTER (WHERE p.label = c.label AND abs(p.probability - c.probability) < 1e-6) AS as_classify_users,
       count(*) FILTER (WHERE abs(score('seqs', seq, c.label) - c.probability) < 1e-6) AS by_score,
       count(*) FILTER (WHERE abs((predict(export_model('seqs'), seq)).probability - c.probability) < 1e-6) AS by_value
FROM (VALUES (NULL::timestamptz), ('2026-09-01'), ('2026-05-20 12:00Z')) a(as_of),
     LATERAL (SELECT * FROM sequences('seqs', as_of)) s JOIN LATERAL (SELECT * FROM classify_users('seqs', as_of)) c USING (user_id),
     LATERAL predict('seqs', seq) p
GROUP BY as_of ORDER BY as_of;
CREATE TABLE seqs_stored AS SELECT * FROM sequences('seqs', '2026-09-01');
SELECT count(*) AS users, count(*) FILTER (WHERE b.label = c.label AND abs(b.probability - c.probability) < 1e-6) AS as_classify_users
FROM classify_sequences('seqs', 'seqs_stored') b JOIN classify_users('seqs', '2026-09-01') c USING (user_id);
SELECT count(*), min(pg_typeof(user_id)::text) FROM sequences('seqs', NULL, NULL::text);
SELECT count(*) FROM sequences('seqs', NULL, NULL::uuid);
SELECT count(*) FROM sequences('seqs', '2020-01-01');
SELECT count(*) FROM sequences(NULL);
SELECT count(*) FROM sequences('nobody');
-- Window and order are the model's: made by hand, with the columns in another order, the answers are others, and nothing can say so.
SELECT count(*) > 200 AS users, count(*) FILTER (WHERE abs((predict('seqs', h.seq)).probability - (predict('seqs', s.seq)).probability) > 1e-4) > 100 AS swapped_differ
FROM sequences('seqs') s JOIN (SELECT user_id, sequence_agg(ts, ARRAY[logins, spend], '7 days', '2026-07-19 04:00Z', '2026-10-11 04:00Z') AS seq FROM seqs_behaviour GROUP BY 1) h USING (user_id);

-- Another width or too long a window says so at every door, with the user where he is known.
\set VERBOSITY default
CREATE TABLE seqs_wrong AS
SELECT 'wide' AS what, 7 AS user_id, array_fill(1::float8, ARRAY[12, 3]) AS seq UNION ALL SELECT 'narrow', 8, array_fill(1::float8, ARRAY[12, 1])
UNION ALL SELECT 'flat', 9, array_fill(1::float8, ARRAY[24]) UNION ALL SELECT 'daily', 10, array_fill(1::float8, ARRAY[84, 2])
UNION ALL SELECT 'long, begun late', 11, array_fill(NULL::float8, ARRAY[10, 2]) || array_fill(1::float8, ARRAY[3, 2]);
SELECT predict('seqs', seq) FROM seqs_wrong WHERE what = 'wide';
SELECT predict('seqs', seq) FROM seqs_wrong WHERE what = 'narrow';
SELECT predict('seqs', seq) FROM seqs_wrong WHERE what = 'flat';
SELECT predict('seqs', seq) FROM seqs_wrong WHERE what = 'daily';
SELECT predict('seqs', seq) FROM seqs_wrong WHERE what = 'long, begun late';
SELECT score('seqs', seq, 'stable') FROM seqs_wrong WHERE what = 'daily';
SELECT predict(export_model('seqs'), seq) FROM seqs_wrong WHERE what = 'daily';
SELECT score(export_model('seqs'), seq, 'stable') FROM seqs_wrong WHERE what = 'daily';
SELECT e.* FROM seqs_wrong, explain('seqs', seq, 'stable') e WHERE what = 'daily';
DELETE FROM seqs_wrong WHERE what <> 'daily';
SELECT * FROM classify_sequences('seqs', 'seqs_wrong');
-- A user who began late has fewer periods: that is no error, and the same as nulls before.
SELECT count(*) AS users, count(*) FILTER (WHERE abs((predict('seqs', seq[9:12][1:2])).probability - (predict('seqs', array_fill(NULL::float8, ARRAY[8, 2]) || seq[9:12][1:2])).probability) < 1e-6) AS alike
FROM seqs_stored;
SELECT drop_model('seqs');
DROP TABLE seqs_behaviour, seqs_stored, seqs_wrong;
