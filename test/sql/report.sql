-- report(): a page of HTML that is complete, well-formed and escaped, whatever the names, and says what it cannot show.
\set SHOW_CONTEXT never
\pset format unaligned
SET client_min_messages = error;
-- What is wrong with a page: tags that do not nest, text that is not escaped. No row: nothing is. Elements without an end are written <br/>.
CREATE FUNCTION pg_temp.faults(page text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	open text[] := '{}';
	tag text[];
BEGIN
	FOR tag IN SELECT m FROM regexp_matches(page, '<(/?)([a-z][a-z0-9]*)((?: [a-zA-Z0-9-]+="[^"<]*")*)(/?)>', 'g') AS m LOOP
		IF tag[1] = '/' AND open[cardinality(open)] IS DISTINCT FROM tag[2] THEN
			RETURN NEXT format('</%s> ends <%s>', tag[2], open[cardinality(open)]);
		END IF;
		open := CASE WHEN tag[1] = '/' THEN trim_array(open, LEAST(1, cardinality(open))) WHEN tag[4] = '/' THEN open ELSE open || tag[2] END;
	END LOOP;
	RETURN QUERY SELECT 'never ended: ' || t FROM unnest(open) AS t;
	RETURN QUERY SELECT 'not a tag: ' || m[1] FROM regexp_matches(page, '(<(?!/?[a-z][a-z0-9]*(?: [a-zA-Z0-9-]+="[^"<]*")*/?>|!DOCTYPE html>).{0,40})', 'g') AS m;
	RETURN QUERY SELECT 'not an entity: ' || m[1] FROM regexp_matches(page, '(&(?!(?:amp|lt|gt|quot|#[0-9]+);).{0,40})', 'g') AS m;
	RETURN QUERY SELECT 'active: ' || m[1] FROM regexp_matches(page, '(<(?:script|iframe|object|embed|link|img|a href="[^#])[^>]*|<[^>]* on[a-z]+=[^>]*| href="javascript:|@import|url\()', 'gi') AS m;
	RETURN QUERY SELECT 'given twice: ' || m[1] FROM regexp_matches(page, ' id="([^"]*)"', 'g') AS m GROUP BY m[1] HAVING count(*) > 1;
END $$;
SELECT pg_temp.faults('<p><b>x</p></b>&x <3 <script src="x"></script><i id="a"/><i id="a"/>') AS they_are_seen;

CREATE FUNCTION pg_temp.sections(page text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m[1]) FROM regexp_matches(page, '<section id="([a-z]+)">', 'g') AS m $$;
CREATE FUNCTION pg_temp.missing(page text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m[1] || ': ' || m[2]) FROM regexp_matches(page, '<section id="([a-z]+)"><h2>[^<]*</h2><p class="note">([^<]*)</p>', 'g') AS m $$;

-- Names as hostile as they come: of the model, its columns, classes and users, and in what people wrote about it.
CREATE TABLE hostile (user_id text, ts timestamptz, "a<b>&""c'" float8, "|,{}" float8, kind text);
INSERT INTO hostile SELECT '<img src=x onerror=alert(' || u || ')>', '2026-01-05 12:00Z'::timestamptz + w * interval '7 days',
	(u % 2) * w + (hashint8(u * 1000 + w) & 3), hashint8(u * 7 + w) & 7,
	CASE u % 2 WHEN 1 THEN '<script>alert("1")</script>' ELSE '&amp;''"' || chr(1) || chr(27) END
FROM generate_series(1, 160) AS u, generate_series(0, 15) AS w;
SELECT version FROM usercls.train_sequence('<i>"x"&''', 'hostile', label_column => 'kind', window_periods => 8,
	hyperparams => '{"max_epochs": 3, "hidden_size": 4}', promote => 'always', comment => '</p><script>x</script>');
SELECT usercls.set_model_comment('<i>"x"&''', ']]></style><svg onload=x>');
CREATE TABLE page AS SELECT 'hostile' AS name, usercls.report('<i>"x"&''') AS page;

-- The question as an outcome, as a trend and as a number; attributes; an uplift model with a graph.
CREATE TABLE visits AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (100 + (u % 3 - 1) * 3 * w + (hashint8(u * 1000 + w) & 7))::float8 AS spend
FROM generate_series(1, 200) AS u, generate_series(0, 19) AS w;
CREATE TABLE people AS SELECT u AS user_id, 20 + (u & 31) AS age FROM generate_series(1, 200) AS u;
CREATE TABLE trial AS
SELECT u AS user_id, hashint8(u) & 15 AS visits, u % 2 AS treated, (hashint8(u * 7) & 7 < 2 + (u % 2) * (hashint8(u) & 3))::int AS outcome
FROM generate_series(1::bigint, 600) AS u;
CREATE TABLE friends AS SELECT u AS src, u % 600 + 1 AS dst FROM generate_series(1::bigint, 600) AS u;
SELECT count(*) FROM (VALUES ('sum(spend) > 400'), ('sum(spend)')) AS o(outcome),
	usercls.train_sequence('of ' || outcome, 'visits', outcome => outcome, features => '{spend}', users => 'people', attributes => '{age}',
		hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'always') AS t;
SELECT version FROM usercls.train_sequence('trend', 'visits', trend_of => 'spend', hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'always');
SELECT version FROM usercls.train_sequence('trend', 'visits', trend_of => 'spend', hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'never');
SELECT version FROM usercls.train_uplift('offer', 'trial', 'friends', hyperparams => '{"max_epochs": 3, "hidden_size": 4}', promote => 'always');
-- Series in arrays, which have no times, and times that are integers.
CREATE TABLE series AS SELECT user_id, array_agg(spend ORDER BY ts) AS spends, CASE user_id % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS kind FROM visits GROUP BY user_id;
CREATE TABLE weekly AS SELECT user_id, 100 + extract(day FROM ts - '2026-01-05 12:00Z')::int / 7 AS week, spend FROM visits;
SELECT version FROM usercls.train_sequence('arrays', 'series', sequence_column => 'spends', label_column => 'kind', architecture => 'gru', hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'always');
SELECT version FROM usercls.train_sequence('integers', 'weekly', time_column => 'week', trend_of => 'spend', period => '2', window_periods => 5, horizon_periods => 3, hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'always');
-- Several treatments, and an outcome that is a number.
CREATE TABLE letters AS SELECT user_id, visits, (ARRAY['no letter', 'a "<b>letter', 'two letters'])[1 + user_id % 3] AS treated, hashint8(user_id * 5) & 7 + (user_id % 3) * (visits & 3) AS outcome FROM trial;
SELECT version FROM usercls.train_uplift('letters', 'letters', NULL, control => 'no letter', hyperparams => '{"max_epochs": 3, "hidden_size": 4, "outcome": "number"}', promote => 'always');
INSERT INTO page SELECT model, usercls.report(model) FROM unnest('{of sum(spend) > 400,of sum(spend),trend,offer,letters,arrays,integers}'::text[]) AS model;
INSERT INTO page SELECT 'not promoted', usercls.report('trend', 2);
SELECT name, f FROM page, pg_temp.faults(page) AS f;
-- Every section is there, and has what it is for.
SELECT name, pg_temp.sections(page) AS sections, pg_temp.missing(page) AS missing FROM page ORDER BY name;
SELECT name, page ~ '^<!DOCTYPE html>' AS html, page LIKE '%prefers-color-scheme: dark%' AS dark, page LIKE '%@media print%' AS print, page LIKE '%name="viewport"%' AS phone,
	(SELECT count(*) FROM regexp_matches(page, '<svg class="chart"', 'g')) = (SELECT count(*) FROM regexp_matches(page, 'role="img"><title>[^<]+</title><desc>[^<]+</desc>', 'g')) AS charts_are_named
FROM page ORDER BY name;
-- What it says is what the functions say: each figure of evaluate(), to three digits.
SELECT count(*) > 5 AS figures, bool_and(page LIKE format('%%<tr><td>%s</td><td class="n">%s</td>%%', usercls_private.html(metric), usercls_private.report_number(value))) AS said
FROM page, usercls.evaluate('trend') WHERE name = 'trend';
-- The first users have a line of their own and their reasons, in the words of explain_user().
SELECT (SELECT count(*) FROM regexp_matches(page, '<svg class="spark"', 'g')) AS lines, page LIKE '%' || usercls_private.html(reason) || '%' AS reason
FROM page, (SELECT user_id FROM usercls.predictions('trend') ORDER BY probabilities[1] DESC, user_id::text LIMIT 1) AS first,
	LATERAL (SELECT reason FROM usercls.explain_user('trend', user_id, 'high_risk', 1, (SELECT as_of FROM usercls.versions WHERE model = 'trend' AND promoted))) AS e WHERE name = 'trend';
-- Times are those of the time column: moments, integers, or none.
SELECT name, question[1], w[1] AS window_, up_to[1], page ~ '<dt>Time zone</dt>' AS zone, asked[1] AS asked_at
FROM page LEFT JOIN LATERAL regexp_match(page, 'have, seen (.*?) later') AS question ON true, LATERAL regexp_match(page, '<dt>Window</dt><dd>(.*?)</dd>') AS w
LEFT JOIN LATERAL regexp_match(page, '<dt>Read up to</dt><dd>(.*?)</dd>') AS up_to ON true
LEFT JOIN LATERAL regexp_match(page, '>Asked at</th>.*?<td>([0-9-]+(?: [0-9:]+)?)</td><td class="g"><svg class="spark"') AS asked ON true
WHERE name IN ('arrays', 'integers', 'trend') ORDER BY name;
SELECT page ~ '</svg></td><td>[a-z]' AS ids_of_text, page LIKE '%img src=x onerror=alert%' AND page NOT LIKE '%<img%' AS escaped FROM page WHERE name = 'hostile';
SELECT page LIKE '%' || usercls_private.html(reason) || '%' AS reason_for_uplift
FROM page, (SELECT user_id FROM usercls.predictions('offer') WHERE treated IS NOT NULL ORDER BY uplift DESC, user_id::text LIMIT 1) AS first, LATERAL (SELECT reason FROM usercls.explain_uplift('offer', user_id, 1)) AS e WHERE name = 'offer';
-- What is drawn is what other functions say of the same users: the area below the ROC curve, the cells, the points of the Qini curve.
CREATE TEMPORARY TABLE drawn AS SELECT m AS model, f, usercls_private.report_sample(f, m, 1) AS s FROM unnest('{trend,offer,letters,of sum(spend)}'::text[]) AS m, usercls_private.report_facts(m, 1) AS f;
SELECT abs(sum((tpr + before) / 2 * (fpr - left_)) - (SELECT value FROM usercls.evaluate('trend', replicates => 0) WHERE metric = 'auc(high_risk)')) < 1e-9 AS area
FROM (SELECT tpr, fpr, lag(tpr, 1, 0::float8) OVER w AS before, lag(fpr, 1, 0::float8) OVER w AS left_
	  FROM (SELECT hits / positives AS tpr, (users - hits) / (whole - positives) AS fpr, users
			FROM drawn, jsonb_to_recordset(s -> 'curve') AS r (users float8, whole float8, hits float8, positives float8) WHERE model = 'trend') AS point WINDOW w AS (ORDER BY users)) AS step;
SELECT count(*) AS differences FROM (
	SELECT actual, predicted, n FROM usercls.confusion_matrix('trend') WHERE n > 0 EXCEPT
	SELECT r.* FROM drawn, jsonb_to_recordset(s -> 'cells') AS r (actual text, label text, n bigint) WHERE model = 'trend') AS d;
SELECT count(*) > 20 AS points, max(abs(q.incremental - (yt - yu * nt / nu))) < 1e-9 AS same
FROM drawn, jsonb_to_recordset(s -> 'curve') AS r (users bigint, nt float8, nu float8, yt float8, yu float8)
JOIN usercls.qini_curve('offer', points => 1000) AS q USING (users) WHERE model = 'offer' AND nt > 0 AND nu > 0;
SELECT count(*) AS tenths, bool_and(abs(d.predicted - r.predicted) < .02 AND d.users = r.users) AS same
FROM drawn, jsonb_to_recordset(s -> 'tenths') AS r (tenth int, users bigint, predicted float8) JOIN usercls.uplift_by_decile('offer') AS d ON d.decile = tenth WHERE model = 'offer';
-- Of several treatments each has its own curve and tenths, of its users and those of the control.
SELECT arm, count(*) > 10 AS points, max(abs(q.incremental - (yt - yu * nt / nu))) < 1e-9 AS same
FROM drawn, jsonb_to_recordset(s -> 'curve') AS r (arm text, users bigint, nt float8, nu float8, yt float8, yu float8)
JOIN usercls.qini_curve('letters', points => 1000) AS q USING (arm, users) WHERE model = 'letters' AND nt > 0 AND nu > 0 GROUP BY arm ORDER BY arm;
SELECT arm, count(*) AS tenths, bool_and(abs(d.predicted - r.predicted) < .05 AND d.users = r.users) AS same
FROM drawn, jsonb_to_recordset(s -> 'tenths') AS r (arm text, tenth int, users bigint, predicted float8) JOIN usercls.uplift_by_decile('letters') AS d USING (arm) WHERE d.decile = tenth AND model = 'letters' GROUP BY arm ORDER BY arm;
SELECT bool_and(users = (SELECT count(*) FROM usercls.predictions('letters') AS p WHERE p.arm = r.arm)) AS balance, count(*) AS arms FROM drawn, jsonb_to_recordset(s -> 'balance') AS r (arm text, users bigint) WHERE model = 'letters';
SELECT name, (SELECT array_agg(m[1]) FROM regexp_matches(page, '<title>(Qini curve|Calibration)</title>', 'g') AS m) AS charts, regexp_match(page, 'Whom does (.*?) persuade.*?changes the (.*?)\(') AS question FROM page WHERE name IN ('offer', 'letters') ORDER BY name;
SELECT (s ->> 'numbers')::boolean AS numbers, abs((SELECT sum(users * outcome) / sum(users) FROM jsonb_to_recordset(s -> 'tenths') AS r (users float8, outcome float8))
	- (SELECT avg(outcome) FROM usercls.predictions('of sum(spend)'))) < 1e-9 AS mean_outcome FROM drawn WHERE model = 'of sum(spend)';
SELECT hits, n, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high FROM (VALUES (0, 10), (5, 10), (10, 10), (1, 0)) AS v (hits, n), usercls_private.report_interval(hits, n);

-- A table that is gone, and one that may not be read, are said where they are missed. Without any right there is no report.
CREATE ROLE regress_report_reader;
CREATE ROLE regress_report_watcher IN ROLE pg_monitor;
SELECT usercls.grant_model('trend', 'regress_report_reader', 'score');
SET ROLE regress_report_reader;
SELECT usercls.report('offer');
SELECT pg_temp.missing(usercls.report('trend')) AS as_reader;
SET ROLE regress_report_watcher;
SELECT (pg_temp.missing(usercls.report('offer')))[1] AS as_watcher;
RESET ROLE;
-- Nor does one that lies where the reader must not look end it.
CREATE SCHEMA regress_report_closed;
CREATE TABLE regress_report_closed.series AS TABLE series;
SELECT version FROM usercls.train_sequence('closed', 'regress_report_closed.series', sequence_column => 'spends', label_column => 'kind', architecture => 'gru', hyperparams => '{"max_epochs": 2, "hidden_size": 4}', promote => 'always');
SELECT usercls.grant_model('closed', 'regress_report_reader', 'train');
SET ROLE regress_report_reader;
SELECT (pg_temp.missing(usercls.report('closed')))[1] AS not_seen;
RESET ROLE;
ALTER TABLE visits RENAME TO gone;
SELECT array_agg(f) AS faults, pg_temp.missing(page) AS missing FROM (SELECT usercls.report('trend') AS page) AS r LEFT JOIN pg_temp.faults(page) AS f ON true GROUP BY page;
SELECT usercls.report('trend', 7);
SELECT usercls.report(NULL);

-- Numbers, lines and axes.
SELECT v, usercls_private.report_number(v) FROM unnest('{0,1,-1,.1234567,12.345,99.96,-123.456,1234567.8,1e20,1e-9,-.5,NaN,Infinity,NULL}'::float8[]) AS v;
SELECT a.*, r.* FROM (VALUES (0, 1), (0, 0), (-3, 7), (.2, .21), (1e-12, 2e-12), (5e9, 5e9), (-1e20, 1e20)) AS a (low, high), usercls_private.report_axis(low, high) AS r;
SELECT usercls_private.report_spark('[1, null, "NaN", 3, 2]') ~ 'points="3.0,21.0 73.5,3.0 97.0,12.0"' AS with_holes, usercls_private.report_spark('[5]') ~ 'points="3.0,12.0"/><circle [^>]*cx="3.0" cy="12.0"' AS one, usercls_private.report_spark('[]') IS NULL AS none;
SELECT usercls_private.report_chart('t', 'd', 'x', 'y', '[{"series": "s", "kind": "line", "x": "NaN", "y": 1}]') IS NULL AS nothing_to_draw;

SELECT count(usercls.drop_model(model)) FROM usercls.models WHERE model IN ('<i>"x"&''', 'of sum(spend) > 400', 'of sum(spend)', 'trend', 'offer', 'letters', 'arrays', 'integers', 'closed');
DROP TABLE letters, hostile, page, gone, people, trial, friends, series, weekly;
DROP SCHEMA regress_report_closed CASCADE;
DROP ROLE regress_report_reader, regress_report_watcher;
