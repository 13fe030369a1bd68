-- Experiments whose arms and outcomes are texts: the error shows the values, and its hint can be followed.
SET search_path = public, usercls;
SET client_min_messages = warning;
CREATE TABLE arms AS
SELECT g AS user_id, g % 50 AS age, (ARRAY['Mens E-Mail', 'Womens E-Mail', 'No E-Mail'])[g % 3 + 1] AS segment, g % 7 = 0 AS visit,
       (ARRAY['treatment', 'control'])[g % 2 + 1] AS treated, CASE WHEN g % 5 = 0 THEN 'yes' WHEN g % 11 <> 0 THEN 'no' END AS outcome,
       'v' || g % 20 AS many, 'one' AS one, NULL::text AS nothing, (ARRAY['it''s', 'a \ "b"'])[g % 2 + 1] AS "Odd, name", date '2026-01-01' + g % 2 AS day
FROM generate_series(1, 300) g;
CREATE TYPE arms_enum AS ENUM ('variant', 'holdout');
ALTER TABLE arms ADD COLUMN arm arms_enum, ADD COLUMN "length" varchar(9);
UPDATE arms SET arm = (CASE user_id % 4 WHEN 0 THEN 'holdout' ELSE 'variant' END)::arms_enum, "length" = CASE user_id % 2 WHEN 0 THEN 'B' ELSE 'A' END;
CREATE TABLE arms_edges (src int, dst int);
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'segment', outcome_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'segment', outcome_column => 'visit', dry_run => true);
SELECT train_uplift('arms', 'arms', 'arms_edges', outcome_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'many', outcome_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'one', outcome_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'nothing', outcome_column => 'visit');
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'day', outcome_column => 'visit');

-- Do what the hint says: name the control, or write the view of an outcome, and train so.
CREATE FUNCTION pg_temp.follow(treatment text, outcome text DEFAULT 'visit', OUT control text, OUT view text, OUT classes jsonb) LANGUAGE plpgsql AS $$
DECLARE hint text; made text[]; source text := 'arms';
BEGIN
	LOOP
		BEGIN
			SELECT t.classes INTO classes FROM train_uplift('arms', source::regclass, 'arms_edges', treatment_column => treatment, control => control, outcome_column => outcome,
				features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always') t;
			RETURN;
		EXCEPTION WHEN datatype_mismatch THEN GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
		END;
		IF hint LIKE '%control =>%' THEN
			EXECUTE 'SELECT ' || substring(hint FROM 'control => (.*), the value') INTO control;
			CONTINUE;
		END IF;
		view := concat_ws(E'\n', view, substring(hint FROM 'CREATE VIEW .*;'));
		EXECUTE substring(hint FROM 'CREATE VIEW .*;');
		made := regexp_match(hint, 'CREATE VIEW (.*) AS SELECT .* AS (\w+) FROM');
		source := made[1];
		outcome := made[2];
	END LOOP;
END $$;
BEGIN; SELECT * FROM pg_temp.follow('segment'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.follow('treated', 'outcome'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.follow('arm'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.follow('length'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.follow('Odd, name'); ROLLBACK;
-- The values are those that the caller may read.
CREATE ROLE regress_arms;
SET ROLE regress_arms;
SELECT train_uplift('arms', 'arms', 'arms_edges', treatment_column => 'segment', outcome_column => 'visit');
RESET ROLE;
DROP ROLE regress_arms;

-- The metrics: a cast of a text to integer is no way.
SELECT qini(age, treated, visit) FROM arms;
SELECT qini(age, visit, outcome) FROM arms;
SELECT auc(age, arm) FROM arms;
SELECT auc(age, day) FROM arms;
SELECT qini(age, treated = 'treatment', visit) IS NOT NULL AS followed FROM arms;

-- A table whose column became a text since the training says the same at each door.
CREATE TABLE arms_now AS SELECT user_id, age, user_id % 2 AS treated, visit::int AS outcome FROM arms;
SELECT version FROM train_uplift('arms now', 'arms_now', 'arms_edges', features => '{age}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}', promote => 'always');
ALTER TABLE arms_now ALTER COLUMN treated TYPE text USING CASE treated WHEN 1 THEN 'yes' ELSE 'no' END;
SELECT count(*) FROM evaluate('arms now');
SELECT count(*) FROM qini_curve('arms now');
CALL retrain('arms now');
SELECT count(*) FROM target_users('arms now');
SELECT drop_model('arms now');
DROP TABLE arms, arms_now, arms_edges;
DROP TYPE arms_enum;
