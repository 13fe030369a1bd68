-- A role that may train a model, but not administer it, lets no code of his run as another role: every door of the
-- extension × every kind of object that runs code of its owner × every role that comes through.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = error;
CREATE ROLE regress_doors_owner;
CREATE ROLE regress_doors_trainer;
CREATE ROLE regress_doors_scorer;
CREATE SCHEMA doors;
GRANT ALL ON SCHEMA doors TO PUBLIC;
ALTER ROLE regress_doors_trainer SET search_path = doors;

-- The trainer's code counts, in sequences, which no error rolls back, how often it ran, and how often as somebody else.
CREATE SEQUENCE doors.ran MINVALUE 0;
CREATE SEQUENCE doors.ran_as_another MINVALUE 0;
GRANT ALL ON ALL SEQUENCES IN SCHEMA doors TO PUBLIC;
CREATE FUNCTION doors.evil() RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('doors.ran');
	IF current_user <> 'regress_doors_trainer' THEN PERFORM nextval('doors.ran_as_another'); END IF;
	RETURN 0;
END $$;
ALTER FUNCTION doors.evil() OWNER TO regress_doors_trainer;

CREATE TABLE doors.behaviour_data AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts,
	(20 + (u % 3 - 1) * w + (hashint8(u * 1000 + w) & 3))::float8 AS spend
FROM generate_series(1, 30) u, generate_series(0, 19) w;
CREATE TABLE doors.users_data AS
SELECT u::bigint AS user_id, (u % 7)::float8 AS spend, u % 2 AS treated, (u % 3 = 0)::int AS outcome FROM generate_series(1, 80) u;
CREATE TABLE doors.edges AS SELECT u::bigint AS src, (1 + u * 7 % 80)::bigint AS dst FROM generate_series(1, 80) u;
GRANT SELECT ON ALL TABLES IN SCHEMA doors TO PUBLIC;

-- The hostile objects: name and the trainer's SQL that makes a relation %1$s, over the data %2$s, that runs his code.
CREATE TABLE doors.object (name text PRIMARY KEY, relation text);
INSERT INTO doors.object VALUES
	('function', 'CREATE VIEW %1$s AS SELECT * FROM %2$s WHERE evil() = 0'),
	('column', 'CREATE VIEW %1$s AS SELECT * FROM (SELECT d.*, evil() AS other FROM %2$s d OFFSET 0) s WHERE other = 0'),
	('operator', 'CREATE VIEW %1$s AS SELECT * FROM %2$s WHERE spend OPERATOR(doors.<~>) spend'),
	('cast', 'CREATE VIEW %1$s AS SELECT * FROM %2$s WHERE ROW(spend)::doors.wrapped::float8 = 0'),
	('domain', 'CREATE VIEW %1$s AS SELECT * FROM %2$s WHERE spend::doors.checked IS NOT NULL'),
	('policy', 'CREATE TABLE %1$s AS SELECT * FROM %2$s; ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON %1$s USING (evil() = 0)');
SET ROLE regress_doors_trainer;
SET search_path = doors;
CREATE FUNCTION evil_operator(float8, float8) RETURNS boolean LANGUAGE sql AS 'SELECT doors.evil() = 0';
CREATE OPERATOR <~> (FUNCTION = evil_operator, LEFTARG = float8, RIGHTARG = float8);
CREATE TYPE wrapped AS (value float8);
CREATE FUNCTION evil_cast(wrapped) RETURNS float8 LANGUAGE sql AS 'SELECT doors.evil()';
CREATE CAST (wrapped AS float8) WITH FUNCTION evil_cast(wrapped);
CREATE DOMAIN checked AS float8 CHECK (doors.evil() = 0);
RESET ROLE;
RESET search_path;

-- The doors: what reads the tables of model %1$L, of version %2$s where it can be named.
CREATE TABLE doors.door (name text, kind text, call text);
INSERT INTO doors.door VALUES
	('classify_users(text, timestamp with time zone)', 'sequence', 'SELECT count(*) FROM usercls.classify_users(%1$L)'),
	('classify_users(text, timestamp with time zone, anyelement)', 'sequence', 'SELECT count(*) FROM usercls.classify_users(%1$L, NULL, NULL::bigint)'),
	('sequences(text, timestamp with time zone)', 'sequence', 'SELECT count(*) FROM usercls.sequences(%1$L)'),
	('sequences(text, timestamp with time zone, anyelement)', 'sequence', 'SELECT count(*) FROM usercls.sequences(%1$L, NULL, NULL::bigint)'),
	('classify_users(text, timestamp with time zone, anyelement, boolean)', 'sequence', 'SELECT count(*) FROM usercls.classify_users(%1$L, NULL, NULL::bigint, true)'),
	('classify_users(text, timestamp with time zone, anyelement, boolean, integer, text, double precision)', 'sequence', 'SELECT count(*) FROM usercls.classify_users(%1$L, NULL, NULL::bigint, false, 1)'),
	('explain_user', 'sequence', 'SELECT count(*) FROM usercls.explain_user(%1$L, 7)'),
	('confusion_matrix', 'sequence', 'SELECT count(*) FROM usercls.confusion_matrix(%1$L, version => %2$s)'),
	('thresholds', 'sequence', 'SELECT count(*) FROM usercls.thresholds(%1$L, ''stable'', version => %2$s)'),
	('threshold', 'sequence', 'SELECT count(*) FROM usercls.threshold(%1$L, ''stable'', users => 1, replicates => 0, version => %2$s)'),
	('roc_curve', 'sequence', 'SELECT count(*) FROM usercls.roc_curve(%1$L, ''stable'', version => %2$s)'),
	('lift_curve', 'sequence', 'SELECT count(*) FROM usercls.lift_curve(%1$L, ''stable'', version => %2$s)'),
	('target_users(text, "any", "any", double precision)', 'uplift', 'SELECT count(*) FROM usercls.target_users(%1$L)'),
	('target_users(text, "any", "any", double precision, anyelement)', 'uplift', 'SELECT count(*) FROM usercls.target_users(%1$L, 1, 0, NULL, NULL::bigint)'),
	('uplift', 'uplift', 'SELECT usercls.uplift(%1$L, 7)'),
	('policy_value', 'uplift', 'SELECT count(*) FROM usercls.policy_value(%1$L, version => %2$s)'),
	('spillover', 'uplift', 'SELECT count(*) FROM usercls.spillover(%1$L, version => %2$s)'),
	('explain_uplift', 'uplift', 'SELECT count(*) FROM usercls.explain_uplift(%1$L, 7)'),
	('drift', 'sequence', 'SELECT count(*) FROM usercls.drift(%1$L, version => %2$s)'),
	('drift', 'uplift', 'SELECT count(*) FROM usercls.drift(%1$L, ''doors.users_data'', version => %2$s)'),
	('qini_curve', 'uplift', 'SELECT count(*) FROM usercls.qini_curve(%1$L, version => %2$s)'),
	('uplift_by_decile', 'uplift', 'SELECT count(*) FROM usercls.uplift_by_decile(%1$L, version => %2$s)');
INSERT INTO doors.door SELECT name, kind, call FROM (VALUES ('sequence'), ('uplift')) k(kind), (VALUES
	('importance', 'SELECT count(*) FROM usercls.importance(%1$L, %2$s, replicates => 0)'),
	('evaluate', 'SELECT count(*) FROM usercls.evaluate(%1$L, version => %2$s, replicates => 0)'),
	('calibration', 'SELECT count(*) FROM usercls.calibration(%1$L, version => %2$s)'),
	('compare', 'SELECT count(*) FROM usercls.compare(%1$L, %2$s, %2$s, replicates => 0)'),
	('predictions(text, integer, %', 'SELECT count(*) FROM usercls.predictions(%1$L, %2$s)'),
	('predictions(text, anyelement, %', 'SELECT count(*) FROM usercls.predictions(%1$L, NULL::bigint, %2$s, held_out => false)'),
	('report', 'SELECT usercls.report(%1$L, %2$s)'),
	('refresh_scores', 'CALL usercls.refresh_scores(%1$L, ''pg_temp."'' || current_user || '' '' || %1$L || ''"'')'),
	('retrain', 'CALL usercls.retrain(%1$L, promote => ''never'')')) d(name, call);
-- What reads no table that a model names: numbers and states by value; the registry; tables that the caller names himself.
-- A function is named by a pattern of its name and types that no other function matches, so that a new overload is seen, too;
-- where there is but the name, there is one function of it.
CREATE TABLE doors.no_door (name text PRIMARY KEY, reads text);
INSERT INTO doors.no_door SELECT unnest(string_to_array(names, '; ')), reads FROM (VALUES
	('values', 'attend(bytea, integer, real[], real[], double precision); attend(bytea, integer, real[], real[], double precision, text); gnn_heads; gnn_input; gnn_layer; hyperparameters; net_sign; p_value; period_values; '
		'progress; explain(text, double precision[], text); explain(text, double precision[], text, record); rollup; signs; trend; z_score'),
	('values', 'spark(double precision[]); spark(usercls.trend, text); label(usercls.trend, text); label(usercls.trend, integer, %); label(usercls.trend, integer[]); label(usercls.trend, integer[], %)'),
	('values', 'forecast(bytea, double precision[]); forecast(text, double precision[]); predict(bytea, double precision[]); predict(text, double precision[]); score(bytea, double precision[], integer); score(bytea, double precision[], text); score(text, double precision[], text); '
		'prediction_set(bytea, double precision[], double precision); prediction_set(text, double precision[], double precision); prediction_set(bytea, double precision[], record, %); prediction_set(text, double precision[], record, %); '
		'predict(bytea, %, record); predict(text, %, record); embedding(bytea, double precision[]); embedding(text, double precision[]); embedding(bytea, %, record); embedding(text, %, record); score(bytea, %, record); score(text, %, record); model_tensors(bytea)'),
	('registry', 'approve_source; revoke_source; drop_model; export_model; grant_model; import_model; model_info; model_tensors(text, integer); '
		'promote; prune_versions; revoke_model; rollback; set_model_comment; set_model_owner'),
	('named', 'label_summary; train_sequence; train_uplift; classify_sequences(text, regclass, name, name); classify_sequences(text, regclass, name, name, anyelement)'))
	n(reads, names);
INSERT INTO doors.no_door
SELECT format(p.pattern, t.time, t.period, v.value), 'values'
FROM (VALUES ('bigint', 'bigint'), ('date', 'integer'), ('date', 'interval'), ('date', 'text'),
	('timestamp with time zone', 'interval'), ('timestamp without time zone', 'interval')) t(time, period),
	(VALUES ('double precision'), ('boolean')) v(value),
	(VALUES ('trend_agg(%1$s, %3$s, %2$s)'), ('trend_agg(%1$s, %3$s, %2$s, %1$s, %1$s)'), ('sequence_agg(%1$s, %3$s[], %2$s, %1$s, %1$s)')) p(pattern)
WHERE v.value = 'double precision' OR p.pattern ~ '^trend_agg';
INSERT INTO doors.no_door
SELECT format(p.pattern, t.type), 'values'
FROM (VALUES ('boolean'), ('double precision'), ('anyelement')) t(type), (VALUES ('auc(double precision, %s)'), ('average_precision(double precision, %s)'), ('log_loss(double precision, %s)'), ('brier(double precision, %s)'), ('expected_calibration_error(double precision, %s)'),
	('f1(double precision, %s, double precision)'), ('precision_at(double precision, %s, double precision)'), ('recall_at(double precision, %s, double precision)')) p(pattern);
INSERT INTO doors.no_door
SELECT format(p.pattern, t.treated, t.outcome), 'values'
FROM (VALUES ('boolean', 'boolean'), ('boolean', 'double precision'), ('double precision', 'boolean'), ('double precision', 'double precision'),
	('anyelement', 'anycompatible')) t(treated, outcome),
	(VALUES ('qini(double precision, %s, %s)'), ('qini(double precision, %s, %s, boolean)'), ('auuc(double precision, %s, %s)'),
	('uplift_at(double precision, %s, %s, double precision)'), ('uplift_at(double precision, %s, %s, double precision, text)')) p(pattern);
INSERT INTO doors.no_door SELECT format('trend_users(regclass, name, name, name, %s, %s, %2$s%s)', t.period, t.time, i.id), 'named'
FROM (VALUES ('bigint', 'bigint'), ('interval', 'timestamp with time zone'), ('text', 'text')) t(period, time), (VALUES (''), (', anyelement')) i(id);
CREATE VIEW doors.function AS
SELECT p.oid, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS signature, p.proargtypes::oid[] AS types
FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'usercls')
  AND p.pronamespace <> 'usercls_private'::regnamespace;
CREATE VIEW doors.named AS
SELECT n.name, n.reads, f.oid, f.types FROM (SELECT name, reads FROM doors.no_door UNION SELECT name, 'models' FROM doors.door) n
LEFT JOIN doors.function f ON f.signature LIKE CASE WHEN n.name ~ '[(]' THEN n.name ELSE n.name || '(%' END;
-- A new function, or a new overload, is one or the other: no rows.
SELECT signature AS neither_a_door_nor_none FROM doors.function WHERE oid NOT IN (SELECT oid FROM doors.named WHERE oid IS NOT NULL) ORDER BY 1;
SELECT name, count(oid) AS functions FROM doors.named GROUP BY 1 HAVING count(oid) <> 1 ORDER BY 1;
SELECT oid::regprocedure AS both_a_door_and_none FROM doors.named GROUP BY oid HAVING count(*) > 1;
-- It would be seen: beside a function that has one name, and beside those that have several.
BEGIN;
CREATE FUNCTION usercls.evaluate(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION usercls.classify_users(regclass) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
ALTER EXTENSION usercls ADD FUNCTION usercls.evaluate(text);
ALTER EXTENSION usercls ADD FUNCTION usercls.classify_users(regclass);
SELECT name, count(oid) AS functions FROM doors.named GROUP BY 1 HAVING count(oid) <> 1 ORDER BY 1;
SELECT signature AS neither_a_door_nor_none FROM doors.function WHERE oid NOT IN (SELECT oid FROM doors.named WHERE oid IS NOT NULL) ORDER BY 1;
ROLLBACK;
-- The private ones can be called by superusers only.
SELECT has_schema_privilege('public', 'usercls_private', 'USAGE') AS everybody_calls_private_functions;
-- A function without a name of a model or table for an argument has nothing to read.
SELECT oid::regprocedure AS reads_by_name FROM doors.named WHERE reads = 'values' AND 'regclass'::regtype = ANY (types);

-- Run sql as a role, whatever comes of it: whether the trainer's code ran at all, and as another.
CREATE FUNCTION doors.attempt(role text, sql text, OUT ran boolean, OUT as_another boolean) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM setval('doors.ran', 0), setval('doors.ran_as_another', 0);
	BEGIN
		PERFORM set_config('role', role, true);
		SET CONSTRAINTS ALL DEFERRED;
		EXECUTE sql;
		SET CONSTRAINTS ALL IMMEDIATE; -- as at commit
	EXCEPTION WHEN OTHERS THEN RAISE DEBUG '%', SQLERRM;
	END;
	PERFORM set_config('role', 'none', true);
	SELECT s.last_value > 0 INTO ran FROM doors.ran s;
	SELECT s.last_value > 0 INTO as_another FROM doors.ran_as_another s;
END $$;
-- All doors of a kind for a model, for each of the other roles.
CREATE FUNCTION doors.attempt_all(model_kind text, model text, version int)
RETURNS TABLE (door text, role text, ran boolean, as_another boolean) LANGUAGE sql AS $$
	SELECT d.name, r.role, a.* FROM doors.door d, (VALUES ('regress_doors_scorer'), ('regress_doors_owner'), ('none')) r(role),
		doors.attempt(r.role, format(d.call, model, version)) a
	WHERE d.kind = CASE model_kind WHEN 'attributes' THEN 'sequence' ELSE model_kind END
$$;
CREATE TABLE doors.found (attack text, object text, kind text, door text, role text, ran boolean, as_another boolean);

-- The owner's models ("attributes": a sequence model whose table of users it is): version 1 reads his tables, which he approved by training on them. NB: they are small, not good.
GRANT SELECT ON ALL TABLES IN SCHEMA doors TO PUBLIC;
CREATE FUNCTION doors.make(model text, kind text, relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('role', 'regress_doors_owner', true);
	EXECUTE format('CREATE TABLE %s AS SELECT * FROM doors.%I', relation, CASE kind WHEN 'sequence' THEN 'behaviour_data' ELSE 'users_data' END);
	EXECUTE format('GRANT SELECT ON %s TO PUBLIC', relation);
	IF kind = 'uplift' THEN
		PERFORM usercls.train_uplift(model, relation::regclass, 'doors.edges', features => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
	ELSIF kind = 'attributes' THEN
		PERFORM usercls.train_sequence(model, 'doors.behaviour_data', features => '{spend}', trend_of => 'spend', users => relation::regclass, attributes => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
	ELSE
		PERFORM usercls.train_sequence(model, relation::regclass, features => '{spend}', trend_of => 'spend', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
	END IF;
	PERFORM usercls.grant_model(model, 'regress_doors_trainer', 'train'), usercls.grant_model(model, 'regress_doors_scorer', 'score');
	PERFORM set_config('role', 'none', true);
END $$;
-- The trainer makes the hostile relation.
CREATE FUNCTION doors.trap(object text, kind text, relation text) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
	PERFORM set_config('role', 'regress_doors_trainer', true), set_config('search_path', 'doors', true);
	EXECUTE (SELECT format(o.relation, trap.relation, CASE kind WHEN 'sequence' THEN 'behaviour_data' ELSE 'users_data' END) FROM doors.object o WHERE name = object);
	EXECUTE format('GRANT SELECT ON %s TO PUBLIC', relation);
	PERFORM set_config('role', 'none', true);
END $$;
-- The trainer imports a version that reads it, and promotes it if he can.
CREATE FUNCTION doors.import(model text, kind text, relation text) RETURNS int LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	version int;
BEGIN
	PERFORM set_config('role', 'regress_doors_trainer', true);
	version := usercls.import_model(model, usercls.export_model(model, 1), promote => 'always', spec =>
		(SELECT jsonb_set(v.spec::jsonb, ARRAY[CASE kind WHEN 'uplift' THEN 'users' WHEN 'attributes' THEN 'users_table' ELSE 'source' END], to_jsonb(relation)) || '{"as_of": "2026-05-01Z"}'
		 FROM usercls.versions v WHERE v.model = import.model AND v.version = 1));
	BEGIN
		PERFORM usercls.promote(model, version);
	EXCEPTION WHEN insufficient_privilege THEN NULL;
	END;
	PERFORM set_config('role', 'none', true);
	RETURN version;
END $$;

DO $$
DECLARE
	o text;
	k text;
	m text;
	v int;
BEGIN
	FOR k, o IN SELECT t.kind, name FROM (VALUES ('sequence'), ('uplift'), ('attributes')) t(kind), doors.object ORDER BY 1, 2 LOOP
		m := k || ' ' || o;
		PERFORM doors.make(m, k, format('doors.%I', m)), doors.trap(o, k, format('doors.%I', 'trap ' || m));
		-- by a version of his, which does not answer, but can be named
		v := doors.import(m, k, format('doors.%I', 'trap ' || m));
		INSERT INTO doors.found SELECT 'version', o, k, a.* FROM doors.attempt_all(k, m, v) a;
		-- the same once it is approved and promoted: the doors do read, and the objects are hostile
		PERFORM set_config('role', 'regress_doors_owner', true), usercls.approve_source(m, v), usercls.promote(m, v), set_config('role', 'none', true);
		INSERT INTO doors.found SELECT 'approved', o, k, a.* FROM doors.attempt_all(k, m, v) a;
		-- by another relation under the approved name
		m := 'again ' || m;
		PERFORM doors.make(m, k, format('doors.%I', m));
		EXECUTE format('DROP TABLE doors.%I', m);
		PERFORM doors.trap(o, k, format('doors.%I', m));
		INSERT INTO doors.found SELECT 'name', o, k, a.* FROM doors.attempt_all(k, m, 1) a;
	END LOOP;
END $$;
-- Code in the spec itself: an expression of the trainer's over the owner's approved table, in weights that fit it.
CREATE TABLE doors.expression_object (name text PRIMARY KEY, arguments text);
INSERT INTO doors.expression_object VALUES ('outcome', $$outcome => 'sum(spend) > 80 AND doors.evil() = 0', features => '{spend}'$$),
	('feature', $$outcome => 'sum(spend) > 80', features => ARRAY['spend', 'max(doors.evil())']$$);
DO $$
DECLARE
	o record;
	m text;
	v int;
BEGIN
	FOR o IN SELECT * FROM doors.expression_object ORDER BY name LOOP
		m := 'sequence ' || o.name;
		PERFORM doors.make(m, 'sequence', format('doors.%I', m));
		PERFORM set_config('role', 'regress_doors_trainer', true);
		EXECUTE format('SELECT FROM usercls.train_sequence(%L, %L, as_of => ''2026-04-15Z'', hyperparams => ''{"max_epochs": 1, "hidden_size": 4}'', promote => ''always'', %s)',
			'own ' || m, format('doors.%I', m), o.arguments);
		v := usercls.import_model(m, usercls.export_model('own ' || m), promote => 'always',
			spec => (SELECT spec::jsonb FROM usercls.versions WHERE model = 'own ' || m));
		BEGIN
			PERFORM usercls.promote(m, v);
		EXCEPTION WHEN insufficient_privilege THEN NULL;
		END;
		PERFORM set_config('role', 'none', true);
		INSERT INTO doors.found SELECT 'expression', o.name, 'sequence', a.* FROM doors.attempt_all('sequence', m, v) a;
		INSERT INTO doors.found SELECT 'waits', o.name, 'sequence', 'sources', state, state = 'waiting' FROM usercls.sources WHERE model = m AND version = v AND argument <> 'source';
		PERFORM set_config('role', 'regress_doors_owner', true), usercls.approve_source(m, v), usercls.promote(m, v), set_config('role', 'none', true);
		INSERT INTO doors.found SELECT 'approved', o.name, 'sequence', a.* FROM doors.attempt_all('sequence', m, v) a;
		PERFORM set_config('role', 'regress_doors_trainer', true), usercls.drop_model('own ' || m), set_config('role', 'none', true);
	END LOOP;
END $$;
-- A sequence model of the trainer's, over a hostile view, as the behaviour of a version of the owner's uplift model.
SELECT doors.make('uplift behaviour', 'uplift', 'doors.behaviour_users'), doors.trap('function', 'sequence', 'doors.behaviour_trap');
DO $$
DECLARE
	v int;
BEGIN
	PERFORM set_config('role', 'regress_doors_trainer', true);
	PERFORM usercls.train_sequence('own behaviour', 'doors.behaviour_trap', features => '{spend}', trend_of => 'spend', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
	PERFORM usercls.grant_model('own behaviour', r, 'score') FROM unnest('{regress_doors_owner,regress_doors_scorer}'::text[]) r;
	v := (usercls.train_uplift('uplift behaviour', 'doors.behaviour_users', 'doors.edges', features => '{spend}', behaviour => 'own behaviour', as_of => '2026-04-15Z', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'never')).version;
	BEGIN
		PERFORM usercls.promote('uplift behaviour', v);
	EXCEPTION WHEN insufficient_privilege THEN NULL;
	END;
	PERFORM set_config('role', 'none', true);
	INSERT INTO doors.found SELECT 'behaviour', 'behaviour', 'uplift', a.* FROM doors.attempt_all('uplift', 'uplift behaviour', v) a;
	INSERT INTO doors.found SELECT 'waits', 'behaviour', 'uplift', 'sources', state, state = 'waiting' FROM usercls.sources WHERE model = 'uplift behaviour' AND version = v AND argument = 'behaviour';
	PERFORM set_config('role', 'regress_doors_owner', true), usercls.approve_source('uplift behaviour', v), usercls.promote('uplift behaviour', v), set_config('role', 'none', true);
	INSERT INTO doors.found SELECT 'approved', 'behaviour', 'uplift', a.* FROM doors.attempt_all('uplift', 'uplift behaviour', v) a;
END $$;
SELECT DISTINCT split_part(door, '(', 1) AS reads_behaviour_once_approved FROM doors.found WHERE object = 'behaviour' AND attack = 'approved' AND as_another ORDER BY 1;
SELECT object, role AS state FROM doors.found WHERE attack = 'waits' ORDER BY 1, 2;
DELETE FROM doors.found WHERE attack = 'waits';
SELECT DISTINCT object, split_part(door, '(', 1) AS runs_it_once_approved FROM doors.found JOIN doors.expression_object e ON e.name = object WHERE attack = 'approved' AND as_another ORDER BY 1, 2;
-- The property.
SELECT attack, object, kind, door, role FROM doors.found WHERE as_another AND attack <> 'approved' ORDER BY 1, 2, 3, 4, 5;
-- That it says something: each door reads, and each object runs, once an administrator has approved them.
SELECT DISTINCT name AS door_that_never_reads FROM doors.door WHERE name NOT IN (SELECT door FROM doors.found WHERE attack = 'approved' AND ran);
SELECT name AS object_that_never_runs FROM doors.object WHERE name NOT IN (SELECT object FROM doors.found WHERE attack = 'approved' AND as_another);
SELECT role, count(*) AS refreshes FROM doors.found WHERE attack = 'approved' AND door = 'refresh_scores' AND ran GROUP BY 1 ORDER BY 1;
SELECT attack, count(DISTINCT object) AS objects, count(DISTINCT door) AS doors, count(DISTINCT role) AS roles FROM doors.found GROUP BY 1 ORDER BY 1;

-- The view has what a kind of model reads, and nothing else.
SELECT v.kind, s.argument, count(*) > 0 AS shown FROM usercls.sources s JOIN usercls.versions v USING (model, version)
WHERE s.model IN ('sequence function', 'attributes function', 'uplift function') GROUP BY 1, 2 ORDER BY 1, 2;
-- A table of scores: whoever writes it runs its owner's code, as the owner and not as himself.
CREATE TABLE doors.target_object (name text PRIMARY KEY, sql text);
INSERT INTO doors.target_object VALUES
	('trigger', 'CREATE TRIGGER t AFTER INSERT ON doors.target FOR EACH ROW EXECUTE FUNCTION evil_trigger()'),
	('statement trigger', 'INSERT INTO doors.target SELECT (jsonb_populate_record(m, ''{"user_id": -1}'')).* FROM doors.model_target m LIMIT 1; CREATE TRIGGER t BEFORE DELETE ON doors.target EXECUTE FUNCTION evil_trigger()'),
	('deferred trigger', 'CREATE CONSTRAINT TRIGGER t AFTER INSERT ON doors.target DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil_trigger()'),
	('check', 'ALTER TABLE doors.target ADD CHECK (evil() = 0)'),
	('default', 'ALTER TABLE doors.target ADD other float8 DEFAULT evil()'),
	('domain', 'ALTER TABLE doors.target ALTER probability TYPE doors.checked'),
	('index', 'CREATE INDEX ON doors.target (evil_immutable(probability))'),
	('rule', 'INSERT INTO doors.target SELECT (jsonb_populate_record(m, ''{"user_id": -1}'')).* FROM doors.model_target m LIMIT 1; CREATE RULE r AS ON DELETE TO doors.target DO ALSO SELECT evil()'),
	('policy', 'ALTER TABLE doors.target ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON doors.target USING (evil() = 0)'),
	('view', 'ALTER TABLE doors.target RENAME TO below; CREATE VIEW doors.target AS SELECT * FROM below; CREATE TRIGGER t AFTER INSERT ON doors.below FOR EACH ROW EXECUTE FUNCTION evil_trigger()');
SELECT doors.make('target', 'sequence', 'doors.target_source');
CALL usercls.refresh_scores('target', 'doors.model_target');
SET ROLE regress_doors_trainer;
SET search_path = doors;
CREATE FUNCTION evil_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM doors.evil(); RETURN COALESCE(NEW, OLD); END';
CREATE FUNCTION evil_immutable(float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN doors.evil(); END';
RESET ROLE;
RESET search_path;
GRANT SELECT ON doors.model_target TO PUBLIC;
DO $$
DECLARE
	o record;
BEGIN
	FOR o IN SELECT t.*, r.role FROM doors.target_object t, (VALUES ('regress_doors_scorer'), ('regress_doors_owner'), ('none'), ('regress_doors_trainer')) r(role) LOOP
		PERFORM set_config('role', 'regress_doors_trainer', true), set_config('search_path', 'doors', true);
		CREATE TABLE doors.target (LIKE doors.model_target INCLUDING ALL);
		EXECUTE o.sql;
		GRANT ALL ON doors.target TO PUBLIC;
		PERFORM set_config('role', 'none', true), set_config('search_path', 'public', true);
		INSERT INTO doors.found SELECT 'target', o.name, 'sequence', 'refresh_scores', o.role, a.*
		FROM doors.attempt(o.role, $sql$CALL usercls.refresh_scores('target', 'doors.target', max_removed => 1)$sql$) a;
		IF o.name = 'view' THEN DROP TABLE doors.below CASCADE; ELSE DROP TABLE doors.target; END IF;
	END LOOP;
END $$;
-- An outbox is such a table, too: one of the trainer's, beside a table of scores of the caller's own.
SET ROLE regress_doors_owner;
CALL usercls.refresh_scores('target', 'doors.marks', class => 'stable', threshold => 0, outbox => 'doors.outbox');
RESET ROLE;
ALTER TABLE doors.outbox OWNER TO regress_doors_trainer;
CREATE TRIGGER t AFTER INSERT ON doors.outbox FOR EACH ROW EXECUTE FUNCTION doors.evil_trigger();
GRANT ALL ON ALL TABLES IN SCHEMA doors TO PUBLIC;
INSERT INTO doors.found SELECT 'target', 'outbox', 'sequence', 'refresh_scores', r.role, a.*
FROM (VALUES ('regress_doors_scorer'), ('regress_doors_owner'), ('none')) r(role),
	doors.attempt(r.role, format($sql$CALL usercls.refresh_scores('target', %L, class => 'stable', threshold => 0, outbox => 'doors.outbox')$sql$, 'pg_temp.marks_' || r.role)) a;
SELECT object, role FROM doors.found WHERE attack = 'target' AND as_another ORDER BY 1, 2;
-- They are hostile: the trainer's own refresh runs them.
SELECT name AS object_that_never_runs FROM doors.target_object WHERE name NOT IN (SELECT object FROM doors.found WHERE attack = 'target' AND ran) ORDER BY 1;
SELECT role, count(*) FILTER (WHERE ran) AS runs_as_the_trainer FROM doors.found WHERE attack = 'target' AND object <> 'outbox' GROUP BY 1 ORDER BY 1;
SELECT count(usercls.drop_model(model)) > 0 AS dropped FROM usercls.models WHERE owner IN ('regress_doors_owner', 'regress_doors_trainer');
DROP SCHEMA doors CASCADE;
DROP OWNED BY regress_doors_owner, regress_doors_scorer;
DROP ROLE regress_doors_owner, regress_doors_trainer, regress_doors_scorer;
