-- What a version answered to users it has not learned from, and what was true: read once, for all sections that are drawn of it.
-- In these queries, which report_query() runs, $1 is the model, $2 the version, $3 the facts.

-- Each treatment (arm) against the control, by the uplift of that treatment, as evaluate() has it.
CREATE FUNCTION usercls_private.report_uplift_query() RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN 'WITH person AS MATERIALIZED (
	SELECT user_id, uplift, uplifts, arm, treated, outcome
	FROM usercls.predictions($1, NULL::text, $2) WHERE treated IS NOT NULL AND outcome IS NOT NULL
), p AS MATERIALIZED (
	SELECT u.user_id, a.key AS arm, a.value::float8 AS score, u.treated::int AS t, u.outcome AS y,
		ntile(10) OVER (PARTITION BY a.key ORDER BY a.value::float8 DESC, u.user_id) AS tenth
	FROM person AS u, jsonb_each_text(u.uplifts) AS a WHERE NOT u.treated OR u.arm = a.key
), curve AS (
	SELECT DISTINCT arm, users, whole, nt, nu, yt, yu, qt, qu FROM (
		SELECT arm, row_number() OVER (PARTITION BY arm ORDER BY score DESC, user_id) AS at, count(*) OVER (PARTITION BY arm) AS whole, count(*) OVER w AS users, sum(t) OVER w AS nt, sum(1 - t) OVER w AS nu,
			sum(t * y) OVER w AS yt, sum((1 - t) * y) OVER w AS yu, sum(t * y * y) OVER w AS qt, sum((1 - t) * y * y) OVER w AS qu
		FROM p WINDOW w AS (PARTITION BY arm ORDER BY score DESC)) AS r
	WHERE at = whole OR at * 50 / whole > (at - 1) * 50 / whole
)
SELECT (SELECT jsonb_agg(r) FROM (SELECT arm, count(*) AS users, count(*)::float8 / sum(count(*)) OVER () AS share, avg(outcome) AS outcome
			FROM person GROUP BY treated, arm ORDER BY treated DESC, arm) AS r) AS balance,
	(SELECT jsonb_agg(c ORDER BY arm, users) FROM curve AS c) AS curve,
	(SELECT jsonb_agg(r ORDER BY arm, tenth) FROM (SELECT arm, tenth, count(*) AS users, sum(t) AS treated, avg(score) AS predicted, avg(y) FILTER (WHERE t = 1) AS with, avg(y) FILTER (WHERE t = 0) AS without,
			sqrt(var_samp(y) FILTER (WHERE t = 1) / sum(t) + var_samp(y) FILTER (WHERE t = 0) / sum(1 - t)) AS standard_error FROM p GROUP BY arm, tenth) AS r) AS tenths,
	(SELECT jsonb_agg(r) FROM (SELECT user_id, uplift AS score, (SELECT key FROM jsonb_each_text(uplifts) ORDER BY value::float8 DESC, key LIMIT 1) AS best, arm, outcome
			FROM person ORDER BY uplift DESC, user_id LIMIT 10) AS r) AS users
WHERE EXISTS (SELECT FROM p)';
COMMENT ON FUNCTION usercls_private.report_uplift_query() IS 'held-out users of an experiment in numbers: balance of the arms, points of each treatment''s Qini curve, its tenths, and the first ten users';

CREATE FUNCTION usercls_private.report_classes_query() RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN 'WITH p AS MATERIALIZED (
	SELECT user_id, cutoff, actual, label, probability, outcome, score, outcome IS NULL AND actual = $3 -> ''classes'' ->> ($3 ->> ''focus'')::int - 1 AS hit,
		ntile(10) OVER (ORDER BY score DESC, user_id, cutoff) AS tenth
	FROM (SELECT *, CASE WHEN outcome IS NULL THEN probabilities[($3 ->> ''focus'')::int] ELSE (usercls.forecast((SELECT usercls.export_model($1, $2)), probabilities)).mean END AS score
		  FROM usercls.predictions($1, NULL::text, $2)) AS r WHERE actual IS NOT NULL
), curve AS (
	SELECT DISTINCT users, whole, hits, positives FROM (
		SELECT row_number() OVER (ORDER BY score DESC, user_id, cutoff) AS at, count(*) OVER () AS whole, count(*) OVER w AS users,
			sum(hit::int) OVER w AS hits, sum(hit::int) OVER () AS positives
		FROM p WINDOW w AS (ORDER BY score DESC)) AS r
	WHERE at = whole OR at * 100 / whole > (at - 1) * 100 / whole
)
SELECT (SELECT bool_and(outcome IS NOT NULL) FROM p) AS numbers,
	(SELECT jsonb_agg(r) FROM (SELECT actual AS class, count(*) AS users, count(*)::float8 / sum(count(*)) OVER () AS share
			FROM p LEFT JOIN jsonb_array_elements_text($3 -> ''classes'') WITH ORDINALITY AS c (name, place) ON name = actual GROUP BY actual, place ORDER BY place) AS r) AS balance,
	(SELECT jsonb_agg(r) FROM (SELECT actual, label, count(*) AS n FROM p GROUP BY 1, 2 ORDER BY 1, 2) AS r) AS cells,
	(SELECT jsonb_agg(r) FROM (SELECT name, avg(said) AS predicted, count(*) FILTER (WHERE right_) AS hits, count(*) AS n
		FROM (SELECT $3 -> ''classes'' ->> ($3 ->> ''focus'')::int - 1 AS name, score AS said, hit AS right_ FROM p WHERE outcome IS NULL
			  UNION ALL SELECT ''the answer'', probability, actual = label FROM p) AS s GROUP BY name, LEAST(9, floor(10 * said)) ORDER BY 1 DESC, 2) AS r) AS bins,
	(SELECT jsonb_agg(c ORDER BY users) FROM curve AS c WHERE positives > 0) AS curve,
	(SELECT jsonb_agg(r ORDER BY tenth) FROM (SELECT tenth, count(*) AS users, min(score) AS least, avg(score) AS predicted, count(*) FILTER (WHERE hit) AS hits,
			avg(outcome) AS outcome, stddev_samp(outcome) / sqrt(count(*)) AS standard_error FROM p GROUP BY tenth) AS r) AS tenths,
	(SELECT jsonb_agg(r) FROM (SELECT user_id, cutoff, score, label, actual, outcome FROM p WHERE cutoff IS NOT DISTINCT FROM (SELECT max(cutoff) FROM p) ORDER BY score DESC, user_id LIMIT 10) AS r) AS users
WHERE EXISTS (SELECT FROM p)';
COMMENT ON FUNCTION usercls_private.report_classes_query() IS 'held-out users of a sequence model in numbers: balance, cells of answer and truth, bins of the probability, points of the curves, tenths and the first ten users';

CREATE FUNCTION usercls_private.report_sample(facts jsonb, model text, version int) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE WHEN answer ? 'rows' THEN pg_catalog.jsonb_strip_nulls(answer -> 'rows' -> 0) ELSE answer END
	FROM usercls_private.report_query(CASE facts ->> 'kind' WHEN 'uplift' THEN usercls_private.report_uplift_query() ELSE usercls_private.report_classes_query() END,
		model, version, facts) AS answer;
END;
COMMENT ON FUNCTION usercls_private.report_sample(jsonb, text, int) IS 'held-out users of a version in numbers, {} without any, or an error';

-- Wilson's interval: also right of few, of none and of all.
CREATE FUNCTION usercls_private.report_interval(hits float8, n float8, OUT low float8, OUT high float8)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT GREATEST(0, (hits + 1.9207 - half) / (n + 3.8415)), LEAST(1, (hits + 1.9207 + half) / (n + 3.8415))
	FROM (SELECT 1.96 * pg_catalog.sqrt(hits * (n - hits) / n + 0.9604) AS half WHERE n > 0) AS r;
END;
COMMENT ON FUNCTION usercls_private.report_interval(float8, float8, OUT float8, OUT float8) IS '95 % interval of a share';

CREATE FUNCTION usercls_private.report_calibration(sample jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.string_agg(chart, '' ORDER BY arm) FROM (SELECT arm, usercls_private.report_chart('Calibration', CASE WHEN pg_catalog.count(*) OVER () > 1 THEN arm || ' against the control. ' ELSE '' END
			|| 'What was said against what came true, by groups of held-out users, with 95 % intervals. On the line the two agree.', 'predicted', 'observed',
		pg_catalog.jsonb_build_array(
			pg_catalog.jsonb_build_object('series', 'agreement', 'kind', 'line', 'x', pg_catalog.min(predicted), 'y', pg_catalog.min(predicted)),
			pg_catalog.jsonb_build_object('series', 'agreement', 'kind', 'line', 'x', pg_catalog.max(predicted), 'y', pg_catalog.max(predicted)))
		|| pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', name, 'kind', 'dots', 'x', predicted, 'y', observed, 'low', low, 'high', high) ORDER BY name DESC, predicted)) AS chart
	FROM (SELECT NULL::text AS arm, name, predicted, hits / n AS observed, i.low, i.high
		  FROM pg_catalog.jsonb_to_recordset(sample -> 'bins') AS r (name text, predicted float8, hits float8, n float8), LATERAL usercls_private.report_interval(hits, n) AS i
		  UNION ALL
		  SELECT arm, 'observed', predicted, observed, observed - 1.96 * standard_error, observed + 1.96 * standard_error
		  FROM (SELECT arm, predicted, COALESCE(outcome, "with" - without) AS observed, standard_error
				FROM pg_catalog.jsonb_to_recordset(sample -> 'tenths') AS r (arm text, predicted float8, outcome float8, "with" float8, without float8, standard_error float8)) AS tenth
		  WHERE observed IS NOT NULL) AS point GROUP BY arm) AS charts;
END;
COMMENT ON FUNCTION usercls_private.report_calibration(jsonb) IS 'probabilities against shares, numbers against means, uplifts against effects';

CREATE FUNCTION usercls_private.report_confusion(cells jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_table('What is true, and what the model answers', '{actual|True|text,label|Answer|text,n|Users|number,share|Of the true class|share}',
		pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('actual', actual, 'label', label, 'n', n, 'share', n / of_class)))
	FROM (SELECT actual, label, n, pg_catalog.sum(n) OVER (PARTITION BY actual) AS of_class
		  FROM pg_catalog.jsonb_to_recordset(cells) AS r (actual text, label text, n float8)) AS cell
	HAVING pg_catalog.count(DISTINCT actual) <= 8;
END;
COMMENT ON FUNCTION usercls_private.report_confusion(jsonb) IS 'pairs of truth and answer, of up to eight classes';

CREATE FUNCTION usercls_private.report_roc(curve jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_chart('ROC curve', 'Share found of the users of the class, against the share of all others who are marked with them, with 95 % intervals; chance is the straight line.',
		'others marked', 'found', '[{"series": "model", "kind": "line", "x": 0, "y": 0, "low": 0, "high": 0}]'
		|| pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', 'model', 'kind', 'line', 'x', (users - hits) / (whole - positives), 'y', hits / positives, 'low', i.low, 'high', i.high) ORDER BY users)
		|| '[{"series": "chance", "kind": "line", "x": 0, "y": 0}, {"series": "chance", "kind": "line", "x": 1, "y": 1}]')
	FROM pg_catalog.jsonb_to_recordset(curve) AS r (users float8, whole float8, hits float8, positives float8), LATERAL usercls_private.report_interval(hits, positives) AS i
	WHERE positives > 0 AND whole > positives;
END;
COMMENT ON FUNCTION usercls_private.report_roc(jsonb) IS 'ROC curve of the class that is looked at';

CREATE FUNCTION usercls_private.report_lift(curve jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_chart('Lift curve', 'How many times as frequent the class is among the users of the highest probability as among all, by the share of users taken, with 95 % intervals.',
		'share of users', 'lift', pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', 'model', 'kind', 'line', 'x', users / whole,
			'y', hits / users / (positives / whole), 'low', i.low / (positives / whole), 'high', i.high / (positives / whole)) ORDER BY users)
		|| '[{"series": "chance", "kind": "line", "x": 0, "y": 1}, {"series": "chance", "kind": "line", "x": 1, "y": 1}]')
	FROM pg_catalog.jsonb_to_recordset(curve) AS r (users float8, whole float8, hits float8, positives float8), LATERAL usercls_private.report_interval(hits, users) AS i
	WHERE positives > 0 AND users * 50 >= whole;
END;
COMMENT ON FUNCTION usercls_private.report_lift(jsonb) IS 'lift curve of the class that is looked at, from 2 % of the users on';

CREATE FUNCTION usercls_private.report_number_lift(tenths jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_chart('Lift', 'Mean outcome of each tenth of the users, from the highest forecast down, with 95 % intervals, beside that of all.', 'tenth', 'mean outcome',
		pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', 'all', 'kind', 'line', 'x', tenth, 'y', whole) ORDER BY tenth)
		|| pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', 'tenth', 'kind', 'dots', 'x', tenth, 'y', outcome, 'low', outcome - 1.96 * standard_error, 'high', outcome + 1.96 * standard_error) ORDER BY tenth))
	FROM (SELECT tenth, outcome, standard_error, pg_catalog.sum(users * outcome) OVER () / pg_catalog.sum(users) OVER () AS whole
		  FROM pg_catalog.jsonb_to_recordset(tenths) AS r (tenth float8, users float8, outcome float8, standard_error float8) WHERE outcome IS NOT NULL) AS r;
END;
COMMENT ON FUNCTION usercls_private.report_number_lift(jsonb) IS 'what came of the users by the forecast of a number';

-- The gain of treating the first users: those treated, times the difference of the arms' means; its variance is that of the difference.
CREATE FUNCTION usercls_private.report_qini(curve jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.string_agg(chart, '' ORDER BY arm) FROM (SELECT arm, usercls_private.report_chart('Qini curve', CASE WHEN pg_catalog.count(*) OVER () > 1 THEN arm || ' against the control. ' ELSE '' END
			|| 'Outcomes gained among the treated when the users of the highest predicted uplift are treated first, by the share of users taken, with 95 % intervals; at random is the straight line.',
		'share of users', 'gained', '[{"series": "model", "kind": "line", "x": 0, "y": 0, "low": 0, "high": 0}]'
		|| pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', 'model', 'kind', 'line', 'x', users / whole, 'y', gain, 'low', gain - 1.96 * error, 'high', gain + 1.96 * error) ORDER BY users)
		|| '[{"series": "at random", "kind": "line", "x": 0, "y": 0}]'
		|| pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('series', 'at random', 'kind', 'line', 'x', 1, 'y', pg_catalog.max(gain) FILTER (WHERE users = whole)))) AS chart
	FROM (SELECT arm, users, whole, yt - yu * nt / nu AS gain,
			nt * pg_catalog.sqrt(GREATEST(0, qt / nt - (yt / nt) * (yt / nt)) / nt + GREATEST(0, qu / nu - (yu / nu) * (yu / nu)) / nu) AS error
		  FROM pg_catalog.jsonb_to_recordset(curve) AS r (arm text, users float8, whole float8, nt float8, nu float8, yt float8, yu float8, qt float8, qu float8)
		  WHERE nt > 0 AND nu > 0) AS point GROUP BY arm) AS charts;
END;
COMMENT ON FUNCTION usercls_private.report_qini(jsonb) IS 'Qini curve of an experiment, one for each treatment';

CREATE FUNCTION usercls_private.report_tenths(facts jsonb, sample jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_table('Tenths of the held-out users, from the highest down', CASE
		WHEN facts ->> 'kind' = 'uplift' THEN CASE WHEN sample #> '{balance,2}' IS NOT NULL THEN '{arm|Treatment|text}'::text[] END || '{tenth|Tenth|number,users|Users|number,treated|Treated|number,predicted|Predicted uplift|number,with|Outcome treated|number,without|Not treated|number,effect|Measured effect|number,standard_error|Its error|number}'::text[]
		WHEN (sample ->> 'numbers')::boolean THEN '{tenth|Tenth|number,users|Users|number,least|From|number,predicted|Predicted mean|number,outcome|Mean outcome|number,standard_error|Its error|number}'
		ELSE '{tenth|Tenth|number,users|Users|number,least|Probability from|number,predicted|Predicted|percent,hits|Of the class|number,share|Observed|share,lift|Lift|number}' END,
		pg_catalog.jsonb_agg(t || pg_catalog.jsonb_build_object('effect', (t ->> 'with')::float8 - (t ->> 'without')::float8, 'share', share, 'lift', share / NULLIF(whole, 0)) ORDER BY at))
	FROM (SELECT t, at, (t ->> 'hits')::float8 / (t ->> 'users')::float8 AS share, pg_catalog.sum((t ->> 'hits')::float8) OVER () / pg_catalog.sum((t ->> 'users')::float8) OVER () AS whole
		  FROM pg_catalog.jsonb_array_elements(sample -> 'tenths') WITH ORDINALITY AS r (t, at)) AS tenth;
END;
COMMENT ON FUNCTION usercls_private.report_tenths(jsonb, jsonb) IS 'ten groups of users by what was predicted, and what was true of them';

-- By users of the promoted version alone: that is the one which these functions ask. $3 is the users, with the class that is looked at.
CREATE FUNCTION usercls_private.report_series_query() RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN 'SELECT s.user_id, (SELECT jsonb_agg(s.seq[i][1] ORDER BY i) FROM generate_subscripts(s.seq, 1) AS i) AS series
	FROM usercls.sequences($1, ($3 #>> ''{0,cutoff}'')::timestamptz, NULL::text) AS s WHERE s.user_id IN (SELECT u ->> ''user_id'' FROM jsonb_array_elements($3) AS u)';
COMMENT ON FUNCTION usercls_private.report_series_query() IS 'first feature of some users, period by period';

-- They want an id of its table's type. Who may not see what the table is called has bigints, or no reasons.
CREATE FUNCTION usercls_private.report_reasons_query(spec jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.format('SELECT u ->> ''user_id'' AS user_id, (SELECT string_agg(e.reason, ''; '') FROM usercls.%s) AS reasons FROM jsonb_array_elements($3) AS u',
	pg_catalog.format(CASE WHEN spec ? 'treatment_column' THEN 'explain_uplift($1, (u ->> ''user_id'')::%s, 3) AS e'
		ELSE 'explain_user($1, (u ->> ''user_id'')::%s, u ->> ''class'', 3, (u ->> ''cutoff'')::timestamptz) AS e' END,
		COALESCE(usercls_private.report_type(spec, 'user_column'), 'bigint')));
COMMENT ON FUNCTION usercls_private.report_reasons_query(jsonb) IS 'three reasons for each of some users';

CREATE FUNCTION usercls_private.report_first_users(facts jsonb, model text, version int, sample jsonb) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH asked AS MATERIALIZED (
		SELECT pg_catalog.jsonb_agg(u || pg_catalog.jsonb_build_object('class', CASE WHEN (sample ->> 'numbers')::boolean THEN u ->> 'label' ELSE facts -> 'classes' ->> (facts ->> 'focus')::int - 1 END) ORDER BY at) AS users
		FROM pg_catalog.jsonb_array_elements(sample -> 'users') WITH ORDINALITY AS r (u, at)
		WHERE (facts ->> 'promoted')::boolean
	)
	SELECT pg_catalog.jsonb_agg(u || pg_catalog.jsonb_build_object(
		'asked', usercls_private.report_moment((u ->> 'cutoff')::timestamptz, facts),
		'series', (SELECT s -> 'series' FROM pg_catalog.jsonb_array_elements(series -> 'rows') AS s WHERE s ->> 'user_id' = u ->> 'user_id'),
		'reasons', (SELECT s -> 'reasons' FROM pg_catalog.jsonb_array_elements(reasons -> 'rows') AS s WHERE s ->> 'user_id' = u ->> 'user_id')) ORDER BY at)
	FROM asked, usercls_private.report_query(usercls_private.report_series_query(), model, version, COALESCE(asked.users, '[]')) AS series,
		usercls_private.report_query(usercls_private.report_reasons_query(facts -> 'spec'), model, version, COALESCE(asked.users, '[]')) AS reasons,
		pg_catalog.jsonb_array_elements(sample -> 'users') WITH ORDINALITY AS r (u, at);
END;
COMMENT ON FUNCTION usercls_private.report_first_users(jsonb, text, int, jsonb) IS 'the first users, each with the values of his first feature and the reasons for his score';
