-- Doors and types: which door takes which type for user ids, times, values, labels, treatments and outcomes, in tables. A cell
-- is "=" where the answer is that of the first type of its row, "refused" where an error says so and what to do, "-" where there is
-- no model as its training was refused, and anything else is a fault.
SET search_path = public, usercls;
SET timezone = 'UTC';
SET client_min_messages = warning;
CREATE SCHEMA types;
CREATE DOMAIN types.word AS text;
CREATE DOMAIN types.money AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE TYPE types.colour AS ENUM ('red', 'green');

-- 60 users over 16 weeks, of three groups that rise, stay and fall; 200 users of an experiment, each with two friends, of whom
-- some are no users. An id has one digit or more, so that texts sort otherwise than numbers.
CREATE TABLE types.weeks AS
SELECT u, w, timestamptz '2026-01-05' + w * interval '7 days' + (u % 5) * interval '1 day' AS ts,
       (100 + (u % 3 - 1) * 3 * w + (hashint8(u * 1000 + w) & 7))::int AS spend
FROM generate_series(1, 60) u, generate_series(0, 15) w;
CREATE TABLE types.members AS
SELECT u, u % 50 AS age, hashint8(u) & 1 AS arm, (abs(hashint8(u * 7)) % 100 < 30 + 30 * (hashint8(u) & 1))::int AS bought
FROM generate_series(1, 200) u;
CREATE TABLE types.friends AS
SELECT u AS src, u * k % 220 + 1 AS dst FROM generate_series(1, 200) u, unnest(ARRAY[7, 11]) k;

-- The answer of a door: of `query`, after `before` was run. %1$s is the type, %2$L the name of a model.
CREATE TABLE types.cell (n serial, aspect text, door text, type text, answer text);
CREATE FUNCTION types.ask(aspect text, door text, type text, query text, before text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
DECLARE answer text; code text; message text; hint text;
BEGIN
	BEGIN
		IF before <> '' THEN EXECUTE format(before, type, aspect || ' ' || type); END IF;
		EXECUTE format(query, type, aspect || ' ' || type) INTO answer;
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
		answer := CASE WHEN code IN ('42804', '42883') AND hint <> '' THEN 'refused' WHEN code = '42704' THEN '-' ELSE code || ' ' || message END;
	END;
	INSERT INTO types.cell (aspect, door, type, answer) VALUES (aspect, door, type, answer);
END $$;
CREATE VIEW types.answers AS
SELECT n, aspect, door, type, CASE WHEN answer ~ '^(refused|-)$|^[0-9A-Z]{5} ' OR answer <> first THEN answer
                                   WHEN row_number > 1 OR length(answer) > 20 THEN '=' ELSE answer END AS cell
FROM (SELECT *, first_value(answer) OVER (PARTITION BY aspect, door ORDER BY n) AS first, row_number() OVER (PARTITION BY aspect, door ORDER BY n)
      FROM types.cell) c;

-- Values: what is summed. Booleans are 1 and 0 (as smallints they would be the same); an array has one type, and PostgreSQL
-- casts no array of booleans.
CREATE FUNCTION types.ask_values(type text, value text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.v; CREATE TABLE types.v AS SELECT u AS user_id, ts, w, (%s)::%s AS v FROM types.weeks', value, type);
	PERFORM types.ask('values', door, type, query) FROM (VALUES
		('trend_agg', $q$SELECT md5(string_agg(trend_agg::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, trend_agg(ts, v, '7 days') FROM types.v GROUP BY 1) t$q$),
		('trend_agg, window', $q$SELECT md5(string_agg(trend_agg::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, trend_agg(w, v, 2, 0, 16) FROM types.v GROUP BY 1) t$q$),
		('trend_agg, frame', $q$SELECT md5(string_agg(t::text, ' ' ORDER BY user_id, ts)) FROM (SELECT user_id, ts, trend_agg(ts, v, '7 days') OVER (PARTITION BY user_id ORDER BY ts ROWS 3 PRECEDING) AS t FROM types.v) f$q$),
		('trend_users', $q$SELECT md5(string_agg(trend::text, ' ' ORDER BY user_id)) FROM trend_users('types.v', 'user_id', 'ts', 'v', '7 days')$q$),
		('trend', $q$SELECT md5(string_agg(t::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, trend(array_agg(v ORDER BY ts), 1) AS t FROM types.v GROUP BY 1) t$q$),
		('sequence_agg', $q$SELECT md5(string_agg(s::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, sequence_agg(ts, ARRAY[v], '7 days', '2026-01-05', '2026-04-27') AS s FROM types.v GROUP BY 1) t$q$),
		('label_summary', $q$SELECT md5(string_agg(l::text, ' ')) FROM label_summary('types.v', 'v') l$q$),
		('train_sequence', $q$SELECT classes::text FROM train_sequence(%2$L, 'types.v', trend_of => 'v', features => '{v}', trend_rule => '{"potential_at": 1, "high_risk_at": -1}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$),
		('classify_users', $q$SELECT md5(string_agg(trend::text, ' ' ORDER BY user_id)) FROM classify_users(%2$L, NULL, NULL::bigint, with_trend => true)$q$),
		('drift', $q$SELECT count(*)::text FROM drift(%2$L)$q$)) d(door, query);
END $$;
SELECT types.ask_values(type, 'spend') FROM unnest('{float8,real,numeric,smallint,int,bigint,types.money,text}'::text[]) type;
SELECT door, type, cell FROM types.answers WHERE aspect = 'values' ORDER BY n \crosstabview
TRUNCATE types.cell;
SELECT types.ask_values(type, CASE type WHEN 'boolean' THEN 'spend > 100' ELSE '(spend > 100)::int' END) FROM unnest('{smallint,boolean}'::text[]) type;
SELECT door, type, cell FROM types.answers WHERE aspect = 'values' ORDER BY n \crosstabview

-- Times. Numbers of periods are for the labeler; a model's window is of days.
CREATE FUNCTION types.ask_times(type text, ts text, period text, bounds text, length text, as_of text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.v; CREATE TABLE types.v AS SELECT u AS user_id, (%s)::%s AS ts, spend AS v, u %% 2 = 0 AS label FROM types.weeks', ts, type);
	PERFORM types.ask('times', door, type, replace(replace(replace(replace(query, '<period>', period), '<bounds>', bounds), '<length>', length), '<as_of>', as_of), CASE door WHEN 'train_sequence' THEN replace(
		$q$SELECT train_sequence(%2$L, 'types.v', trend_of => 'v', features => '{v}', period => '<length>', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$, '<length>', length) ELSE '' END) FROM (VALUES
		('trend_agg', $q$SELECT md5(string_agg(period_values(t)::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, trend_agg(ts, v, <period>) AS t FROM types.v GROUP BY 1) t$q$),
		('trend_agg, window', $q$SELECT md5(string_agg(period_values(t)::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, trend_agg(ts, v, <period>, <bounds>) AS t FROM types.v GROUP BY 1) t$q$),
		('trend_users', $q$SELECT md5(string_agg(period_values(trend)::text, ' ' ORDER BY user_id)) FROM trend_users('types.v', 'user_id', 'ts', 'v', <period>, <bounds>)$q$),
		('sequence_agg', $q$SELECT md5(string_agg(s::text, ' ' ORDER BY user_id)) FROM (SELECT user_id, sequence_agg(ts, ARRAY[v], <period>, <bounds>) AS s FROM types.v GROUP BY 1) t$q$),
		('label_summary', $q$SELECT md5(string_agg((to_jsonb(l) - 'period')::text, ' ')) FROM label_summary('types.v', 'v', periods => '{<length>}') l$q$),
		('train_sequence', $q$SELECT classes || ' ' || (rows_train + rows_held_out) FROM versions WHERE model = %2$L$q$),
		('classify_users', $q$SELECT md5(string_agg(period_values(trend)::text, ' ' ORDER BY user_id)) FROM classify_users(%2$L, <as_of>, NULL::bigint, with_trend => true)$q$)) d(door, query);
END $$;
SELECT types.ask_times(type, CASE WHEN type ~ 'int|numeric' THEN 'w' ELSE 'ts' END, CASE WHEN type ~ 'int|numeric' THEN '1' ELSE '''7 days''' END,
	CASE WHEN type ~ 'int|numeric' THEN '0, 16' ELSE '''2026-01-05'', ''2026-04-27''' END,
	CASE WHEN type ~ 'int|numeric' THEN '1' ELSE '7 days' END, CASE WHEN type ~ 'int|numeric' THEN 'to_timestamp(16)' ELSE '''2026-04-27''' END)
FROM unnest('{timestamptz,timestamp,date,smallint,int,bigint,numeric,text}'::text[]) type;
SELECT door, type, cell FROM types.answers WHERE aspect = 'times' ORDER BY n \crosstabview

-- Labels. A number names a class when it is whole; the metrics take numbers and booleans.
CREATE FUNCTION types.ask_labels(type text, label text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.v; CREATE TABLE types.v AS SELECT u AS user_id, ts, spend AS v, spend / 200.0 AS p, (%s)::%s AS label FROM types.weeks', label, type);
	PERFORM types.ask('labels', door, type, query, before) FROM (VALUES
		('train_sequence', $q$SELECT string_agg(c.value, ',' ORDER BY c.key) FROM train_sequence(%2$L, 'types.v', label_column => 'label', features => '{v}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always') t, jsonb_each_text(t.classes) c$q$, ''),
		('evaluate', $q$SELECT count(*)::text FROM evaluate(%2$L, replicates => 0)$q$, ''),
		('confusion_matrix', $q$SELECT count(*)::text FROM confusion_matrix(%2$L)$q$, ''),
		('retrain', $q$SELECT max(version)::text FROM versions WHERE model = %2$L$q$, $q$CALL retrain(%2$L, promote => 'never')$q$),
		('auc', $q$SELECT auc(p, label)::numeric(8, 6)::text FROM types.v$q$, ''),
		('log_loss', $q$SELECT log_loss(p, label)::numeric(8, 6)::text FROM types.v$q$, '')) d(door, query, before);
END $$;
SELECT types.ask_labels(type, CASE WHEN type ~ 'int|numeric|float|real' THEN 'u % 2' WHEN type ~ 'colour' THEN 'CASE u % 2 WHEN 0 THEN ''red'' ELSE ''green'' END' ELSE 'u % 2 = 1' END)
FROM unnest('{int,smallint,bigint,float8,real,numeric,"numeric(3, 2)",boolean,text,varchar,char(8),name,types.word,types.colour,date}'::text[]) type WHERE type <> 'date';
SELECT door, type, cell FROM types.answers WHERE aspect = 'labels' ORDER BY n \crosstabview
-- The names: of numbers those of the integers, of character(n) without the blanks. What is none of them.
SELECT v.model, v.classes FROM versions v WHERE v.model LIKE 'labels %' AND v.version = 1 ORDER BY 1;
CREATE TABLE types.labelled AS SELECT u AS user_id, ts, spend AS v, CASE WHEN u % 3 < 2 THEN u % 3 END::float8 AS "missing", u % 2 - 0.5 AS halves, 'NaN'::float8 AS nan, -0.0 * (u % 2)::float8 AS zero, date '2026-01-01' + u % 2 AS day FROM types.weeks;
SELECT classes FROM train_sequence('x', 'types.labelled', label_column => 'missing', features => '{v}', dry_run => true);
SELECT classes FROM train_sequence('x', 'types.labelled', label_column => 'halves', features => '{v}', dry_run => true);
SELECT classes FROM train_sequence('x', 'types.labelled', label_column => 'nan', features => '{v}', dry_run => true);
SELECT classes FROM train_sequence('x', 'types.labelled', label_column => 'zero', features => '{v}', dry_run => true);
SELECT classes FROM train_sequence('x', 'types.labelled', label_column => 'day', features => '{v}', dry_run => true);

-- Treatments and outcomes.
CREATE FUNCTION types.ask_experiment(aspect text, type text, treated text, outcome text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.x; CREATE TABLE types.x AS SELECT u AS user_id, age, %s AS treated, %s AS outcome FROM types.members', treated, outcome);
	PERFORM types.ask(aspect, door, type, query, before) FROM (VALUES
		('train_uplift', $q$SELECT classes::text FROM train_uplift(%2$L, 'types.x', 'types.friends', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$, ''),
		('evaluate', $q$SELECT string_agg(metric || value::numeric(8, 6), ' ' ORDER BY metric) FROM evaluate(%2$L, replicates => 0)$q$, ''),
		('retrain', $q$SELECT max(version)::text FROM versions WHERE model = %2$L$q$, $q$CALL retrain(%2$L, promote => 'never')$q$),
		('qini', $q$SELECT qini(age, treated, outcome)::numeric(8, 6)::text FROM types.x$q$, ''),
		('uplift_at', $q$SELECT uplift_at(age, treated, outcome, 0.3)::numeric(8, 6)::text FROM types.x$q$, '')) d(door, query, before);
END $$;
SELECT types.ask_experiment('treatments', type, format('(%s)::%s', CASE WHEN type ~ 'int|numeric|float|real' THEN 'arm' WHEN type ~ 'colour' THEN 'CASE arm WHEN 0 THEN ''red'' ELSE ''green'' END' ELSE 'arm = 1' END, type), 'bought'),
       types.ask_experiment('outcomes', type, 'arm', format('(%s)::%s', CASE WHEN type ~ 'int|numeric|float|real' THEN 'bought' WHEN type ~ 'colour' THEN 'CASE bought WHEN 0 THEN ''red'' ELSE ''green'' END' ELSE 'bought = 1' END, type))
FROM unnest('{int,smallint,bigint,float8,real,numeric,"numeric(3, 2)",boolean,text,types.colour}'::text[]) type;
SELECT door, type, cell FROM types.answers WHERE aspect = 'treatments' ORDER BY n \crosstabview
SELECT door, type, cell FROM types.answers WHERE aspect = 'outcomes' ORDER BY n \crosstabview

-- User ids: read, shown as their own type, and stored. $1: an id made of the number u.
CREATE FUNCTION types.id(type text, u text) RETURNS text LANGUAGE sql AS $$
	SELECT format(CASE type WHEN 'uuid' THEN 'lpad(%1$s::text, 32, ''0'')::uuid' WHEN 'date' THEN 'date ''2026-01-01'' + %1$s' ELSE '%1$s::%2$s' END, u, type)
$$;
CREATE FUNCTION types.ask_ids(type text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.v, types.x, types.f, types.s; CREATE TABLE types.v AS SELECT %s AS user_id, ts, spend AS v FROM types.weeks;
		CREATE TABLE types.x AS SELECT %1$s AS user_id, age, arm AS treated, bought AS outcome FROM types.members; CREATE INDEX ON types.x (user_id);
		CREATE TABLE types.f AS SELECT %s AS src, %s AS dst FROM types.friends; CREATE INDEX ON types.f (src); CREATE INDEX ON types.f (dst);
		CREATE TABLE types.s AS SELECT user_id, array_agg(v ORDER BY ts)::float8[] AS seq FROM types.v WHERE ts >= ''2026-02-02'' GROUP BY 1', types.id(type, 'u'), types.id(type, 'src'), types.id(type, 'dst'));
	PERFORM types.ask('ids', door, type, query, before) FROM (VALUES
		('trend_users', $q$SELECT count(*) || ' ' || sum(net_sign(trend)) FROM trend_users('types.v', 'user_id', 'ts', 'v', '7 days', NULL, NULL, id => NULL::%1$s) JOIN types.s USING (user_id)$q$, ''),
		('train_sequence', $q$SELECT classes::text FROM train_sequence(%2$L, 'types.v', trend_of => 'v', features => '{v}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$, ''),
		('classify_users', $q$SELECT count(*) || ' ' || sum(net_sign(trend)) FROM classify_users(%2$L, NULL, id => NULL::%1$s, with_trend => true) JOIN types.s USING (user_id)$q$, ''),
		('classify_sequences', $q$SELECT count(*)::text FROM classify_sequences(%2$L, 'types.s', 'user_id', 'seq', id => NULL::%1$s) JOIN types.s USING (user_id)$q$, ''),
		('refresh_scores', $q$SELECT count(*) || ' ' || count(*) FILTER (WHERE a.label = b.label) FROM types.scores a JOIN classify_users(%2$L, NULL, id => NULL::%1$s) b USING (user_id)$q$,
			$q$DROP TABLE IF EXISTS types.scores; CALL refresh_scores(%2$L, 'types.scores'); CALL refresh_scores(%2$L, 'types.scores')$q$),
		('evaluate', $q$SELECT count(*)::text FROM evaluate(%2$L, replicates => 0)$q$, ''),
		('retrain', $q$SELECT max(version)::text FROM versions WHERE model = %2$L$q$, $q$CALL retrain(%2$L, promote => 'never')$q$),
		('train_uplift', $q$SELECT classes::text FROM train_uplift('graph ' || %2$L, 'types.x', 'types.f', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$, ''),
		('target_users', $q$SELECT count(*)::text FROM target_users('graph ' || %2$L, 1, 0, NULL, NULL::%1$s) JOIN types.x USING (user_id)$q$, ''),
		('uplift', $q$SELECT count(*) || ' ' || count(*) FILTER (WHERE abs(a.uplift - (uplift('graph ' || %2$L, user_id)).uplift) < 1e-5) FROM target_users('graph ' || %2$L, 1, 0, NULL, NULL::%1$s) a WHERE rank %% 10 = 0$q$, ''),
		('refresh_scores, uplift', $q$SELECT count(*) || ' ' || count(*) FILTER (WHERE abs(a.score - b.uplift) < 1e-6) FROM types.scores a JOIN target_users('graph ' || %2$L, 1, 0, NULL, NULL::%1$s) b USING (user_id)$q$,
			$q$DROP TABLE IF EXISTS types.scores; CALL refresh_scores('graph ' || %2$L, 'types.scores'); CALL refresh_scores('graph ' || %2$L, 'types.scores')$q$),
		('evaluate, uplift', $q$SELECT count(*)::text FROM evaluate('graph ' || %2$L, replicates => 0)$q$, ''),
		('retrain, uplift', $q$SELECT max(version)::text FROM versions WHERE model = 'graph ' || %2$L$q$, $q$CALL retrain('graph ' || %2$L, promote => 'never')$q$)) d(door, query, before);
	PERFORM types.ask('ids shown', type, shown, format('SELECT count(DISTINCT user_id::text) || '' '' || count(*) FROM trend_users(''types.v'', ''user_id'', ''ts'', ''v'', ''7 days'', NULL, NULL, id => NULL::%s)', shown))
	FROM unnest('{smallint,int,bigint,numeric,float8,text,varchar,char,name,types.word,uuid,date}'::text[]) shown;
END $$;
SELECT types.ask_ids(type) FROM unnest('{bigint,int,smallint,numeric,text,varchar,char(8),name,types.word,uuid,date}'::text[]) type;
SELECT door, type, cell FROM types.answers WHERE aspect = 'ids' ORDER BY n \crosstabview
-- Ids of the row's type, shown as those of the column's: what PostgreSQL casts by itself without loss, and all as text.
SELECT door AS ids, type AS shown_as, CASE answer WHEN '60 60' THEN '=' ELSE answer END AS cell FROM types.cell WHERE aspect = 'ids shown' ORDER BY n \crosstabview
-- Every door that shows ids asks alike.
SELECT count(*), min(pg_typeof(user_id)::text) FROM classify_users('ids text', NULL, id => NULL::varchar);
SELECT count(*), min(pg_typeof(user_id)::text) FROM classify_users('ids bigint', NULL, id => NULL::text);
SELECT count(*), min(pg_typeof(user_id)::text) FROM classify_sequences('ids text', 'types.s', 'user_id', 'seq', id => NULL::varchar);
SELECT count(*), min(pg_typeof(user_id)::text) FROM target_users('graph ids text', 1, 0, NULL, id => NULL::varchar);
SELECT count(*) FROM classify_users('ids text');
SELECT count(*) FROM target_users('graph ids uuid');
SELECT count(*) FROM trend_users('types.v', 'user_id', 'ts', 'v', '7 days');

-- Ends of edges: an id of another type is that of the user whose id is written alike. uplift() reads them as a training does, by index.
CREATE FUNCTION types.ask_edges(ids text, type text, node text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS types.x, types.f; CREATE TABLE types.x AS SELECT %s AS user_id, age, arm AS treated, bought AS outcome FROM types.members; CREATE INDEX ON types.x (user_id);
		CREATE TABLE types.f AS SELECT %s AS src, %s AS dst FROM types.friends; CREATE INDEX ON types.f (src); CREATE INDEX ON types.f (dst)', types.id(ids, format(node, 'u')), types.id(type, 'src'), types.id(type, 'dst'));
	PERFORM types.ask('edges, ids of ' || ids, door, type, query) FROM (VALUES
		('train_uplift', $q$SELECT classes::text FROM train_uplift(%2$L, 'types.x', 'types.f', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always')$q$),
		('uplift', $q$SELECT count(*) || ' ' || count(*) FILTER (WHERE abs(a.uplift - (uplift(%2$L, user_id::$q$ || ids || $q$)).uplift) < 1e-5) FROM target_users(%2$L, 1, 0, NULL, NULL::text) a WHERE rank %% 10 = 0$q$)) d(door, query);
END $$;
SELECT types.ask_edges(ids, type, '%s') FROM unnest('{text,varchar,char(8),name}'::text[]) ids, unnest('{text,varchar,char(8),name,int,smallint,bigint,numeric}'::text[]) type;
SELECT aspect || ': ' || door AS door, type, cell FROM types.answers WHERE aspect ~ '^edges' ORDER BY n \crosstabview
TRUNCATE types.cell;
SELECT types.ask_edges(ids, type, '%s') FROM unnest('{bigint,int,smallint,numeric}'::text[]) ids, unnest('{int,smallint,bigint,numeric,text,uuid}'::text[]) type;
SELECT aspect || ': ' || door AS door, type, cell FROM types.answers WHERE aspect ~ '^edges' ORDER BY n \crosstabview
TRUNCATE types.cell;
SELECT types.ask_edges(ids, type, CASE ids WHEN 'uuid' THEN '%s' ELSE 'lpad(%s::text, 32, ''0'')::uuid' END) FROM unnest('{uuid,text,varchar,char(36),name}'::text[]) ids, unnest('{uuid,int}'::text[]) type WHERE type = 'uuid' OR ids = 'uuid';
SELECT aspect || ': ' || door AS door, type, cell FROM types.answers WHERE aspect ~ '^edges' ORDER BY n \crosstabview

-- Text ids beside integers: only what is written as the integer is written is that user. No lookup reads the whole table.
CREATE TABLE types.odd AS SELECT id AS user_id, n % 7 AS age, n % 2 AS treated, n % 3 % 2 AS outcome FROM unnest('{5,05,+5," 5",5.0,-5,x,"",9223372036854775807,9223372036854775808,-9223372036854775808,99999999999999999999}'::text[]) WITH ORDINALITY i(id, n);
INSERT INTO types.odd SELECT 'u' || u, u % 7, u % 2, u % 3 % 2 FROM generate_series(1, 200) u;
CREATE INDEX ON types.odd (user_id);
CREATE TABLE types.odd_edges AS SELECT 5::bigint AS src, unnest('{-5,9223372036854775807,-9223372036854775808,12}'::bigint[]) AS dst UNION ALL SELECT g + 100, g + 101 FROM generate_series(1, 20000) g;
CREATE INDEX ON types.odd_edges (src);
CREATE INDEX ON types.odd_edges (dst);
ANALYZE types.odd_edges;
SELECT classes FROM train_uplift('odd', 'types.odd', 'types.odd_edges', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
CREATE FUNCTION types.scans(OUT whole bigint, OUT lookups bigint) LANGUAGE sql AS $$ SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'odd_edges' $$;
BEGIN;
SELECT count(*) FILTER (WHERE (uplift('odd', user_id)).version = 1) AS looked_up, a.whole AS whole_before, a.lookups AS lookups_before
FROM types.scans() a, types.odd GROUP BY a.whole, a.lookups \gset
SELECT :looked_up AS looked_up, whole - :whole_before AS whole_tables, lookups > :lookups_before AS lookups FROM types.scans();
COMMIT;
SELECT count(*) AS users, count(*) FILTER (WHERE abs(a.uplift - (uplift('odd', user_id)).uplift) < 1e-5) AS equal FROM target_users('odd', 1, 0, NULL, NULL::text) a;
-- Ids that no user can have are no users', rather than an error of a cast.
CREATE TABLE types.wide AS SELECT g AS user_id, g % 7 AS age, g % 2 AS treated, g % 3 % 2 AS outcome FROM generate_series(1, 100) g;
CREATE TABLE types.wide_edges (src bigint, dst numeric);
INSERT INTO types.wide_edges VALUES (1, 2), (5000000000, 3), (3, 4.5), (4, 'NaN'), (2, 1e30), (7, 8.0);
SELECT classes FROM train_uplift('wide', 'types.wide', 'types.wide_edges', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
SELECT count(*) AS users, count(*) FILTER (WHERE abs(a.uplift - (uplift('wide', user_id::int)).uplift) < 1e-5) AS equal FROM target_users('wide') a;
-- Where no index of the column serves, a notice says which one would.
SET client_min_messages = notice;
CREATE TABLE types.priced AS SELECT src::text::numeric AS src, dst::numeric FROM types.odd_edges LIMIT 10;
SELECT version FROM train_uplift('priced', 'types.odd', 'types.priced', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
SELECT (uplift('priced', '5'::text)).version;
CREATE INDEX ON types.priced ((src::text));
CREATE INDEX ON types.priced ((dst::text));
SELECT (uplift('priced', '5'::varchar)).version;
SET client_min_messages = error;
DO $$ BEGIN PERFORM drop_model(model) FROM models WHERE model ~ '^(values|times|labels|treatments|outcomes|ids|graph|edges|odd|wide|priced)'; END $$;
DROP SCHEMA types CASCADE;
