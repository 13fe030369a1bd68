-- What can be wrong with an experiment, each with what to do about it.
CREATE TABLE users AS
SELECT i AS user_id, i % 7 AS age, 'x'::text AS region, i % 2 AS treated, i / 2 % 2 AS outcome, date '2000-01-01' + i AS born, NULL::text AS nothing FROM generate_series(1, 200) AS i;
CREATE TABLE edges AS SELECT i AS src, i % 200 + 1 AS dst, 1.0::float8 AS weight FROM generate_series(1, 200) AS i;

-- Arguments.
SELECT usercls.train_uplift(NULL, 'users', 'edges');
SELECT usercls.train_uplift('m', NULL, 'edges');
SELECT usercls.train_uplift('m', 'nowhere', 'edges');
SELECT usercls.train_uplift('m', 'users', 'edges', user_column => 'userid');
SELECT usercls.train_uplift('m', 'users', 'edges', treatment_column => 'treatd');
SELECT usercls.train_uplift('m', 'users', 'edges', outcome_column => 'region');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{age,agee}');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{born}');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{age,age}');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{nothing}');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{age,outcome}');
SELECT usercls.train_uplift('m', 'users', 'edges', features => '{}', hyperparams => '{"log_degree": false}');
SELECT usercls.train_uplift('m', 'users', 'edges', source_column => 'sr');
SELECT usercls.train_uplift('m', 'users', 'edges', weight_column => 'weigth');
SELECT usercls.train_uplift('m', 'users', 'edges', propensity_column => 'p');
SELECT usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"layerz": 2}');
SELECT usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"layers": 99}');
SELECT usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"hidden_size": 10, "heads": 3}');
SELECT usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"estimator": "two_heads"}');
SELECT usercls.train_uplift('m', 'users', 'edges', validation => '{"share": 1.5}');
SELECT usercls.train_uplift('m', 'users', 'edges', validation => '{"method": "random"}');
SELECT usercls.train_uplift('m', 'users', 'edges', promote => 'maybe');
SELECT usercls.train_uplift('m', 'users', 'edges', warm_start => 3);

-- Data. Each mistake is made in a transaction that is undone.
BEGIN; UPDATE users SET user_id = NULL WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; UPDATE users SET user_id = 6 WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; ALTER TABLE users ALTER age TYPE float8; UPDATE users SET age = 'NaN' WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; ALTER TABLE users ALTER age TYPE float8; UPDATE users SET age = '-Infinity' WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; ALTER TABLE users ALTER age TYPE float8; UPDATE users SET age = 1e300 WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; DELETE FROM users;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; UPDATE users SET treated = NULL;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; DELETE FROM users WHERE treated = 1;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; DELETE FROM users WHERE treated = 0;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; UPDATE users SET treated = 0 WHERE user_id > 2;
SELECT value, rows_held_out FROM usercls.train_uplift('m', 'users', 'edges', validation => '{"share": 0.9}', seed => 1); ROLLBACK;
BEGIN; UPDATE users SET outcome = 1;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; UPDATE users SET treated = 2 WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; UPDATE users SET outcome = 3 WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; ALTER TABLE users ADD p float8 DEFAULT 0.5; UPDATE users SET p = 1 WHERE user_id = 5;
SELECT usercls.train_uplift('m', 'users', 'edges', propensity_column => 'p'); ROLLBACK;
BEGIN; UPDATE edges SET weight = -2 WHERE src = 5;
SELECT usercls.train_uplift('m', 'users', 'edges', weight_column => 'weight'); ROLLBACK;
BEGIN; UPDATE edges SET weight = NULL WHERE src = 5;
SELECT usercls.train_uplift('m', 'users', 'edges', weight_column => 'weight'); ROLLBACK;
BEGIN; UPDATE edges SET weight = 'Infinity' WHERE src = 5;
SELECT usercls.train_uplift('m', 'users', 'edges', weight_column => 'weight'); ROLLBACK;
BEGIN; ALTER TABLE edges ALTER src TYPE text;
SELECT usercls.train_uplift('m', 'users', 'edges'); ROLLBACK;
BEGIN; ALTER TABLE users ADD spot point; UPDATE users SET spot = point(user_id, 0);
SELECT usercls.train_uplift('m', 'users', 'edges', user_column => 'spot'); ROLLBACK;

-- More than the memory that is allowed: in reading, in the dry run's answer, in training.
SET usercls.max_memory = '1MB';
\set VERBOSITY terse
DO $$
BEGIN
	PERFORM usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"hidden_size": 256}');
EXCEPTION WHEN OTHERS THEN
	RAISE NOTICE '% %', SQLSTATE, SQLERRM;
END $$;
SELECT memory > 1024 * 1024 AS more FROM usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"hidden_size": 256}', dry_run => true);
\set VERBOSITY default
RESET usercls.max_memory;

-- Nothing of all this has left a model.
SELECT count(*) FROM usercls.models;

-- Scoring.
SELECT * FROM usercls.target_users('m');
SELECT * FROM usercls.uplift('m', 1);
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', hyperparams => '{"max_epochs": 1, "hidden_size": 8}', promote => 'never');
SELECT * FROM usercls.target_users('m', 1, 0, NULL, NULL::int);
SELECT usercls.promote('m', 1, 'test');
SELECT * FROM usercls.target_users('mm', 1, 0, NULL, NULL::int);
-- Integer ids come as bigint unless another type is asked for.
SELECT count(*) = (SELECT count(*) FROM users) AS all_users, pg_typeof(min(user_id)) FROM usercls.target_users('m');
SELECT * FROM usercls.target_users('m', 1, 0, NULL, NULL::uuid);
SELECT * FROM usercls.target_users('m', 'NaN', 0, NULL, NULL::int);
SELECT * FROM usercls.target_users('m', 1, -1, NULL, NULL::int);
SELECT * FROM usercls.uplift('m', true);
SELECT * FROM usercls.uplift('m', 'one'::text);

-- uplift() works without indexes, and says what it needs.
SELECT version FROM usercls.uplift('m', 1);
SELECT version FROM usercls.uplift('m', 1);
CREATE UNIQUE INDEX ON users (user_id);
CREATE INDEX ON edges (dst);
SELECT version FROM usercls.uplift('m', 1);

-- A warm start must be of the same network: the same tensors, which mean the same.
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', warm_start => 1, hyperparams => '{"max_epochs": 1, "hidden_size": 16}');
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', warm_start => 1, hyperparams => '{"max_epochs": 1, "hidden_size": 8, "heads": 2}');
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', warm_start => 1, hyperparams => '{"max_epochs": 1, "hidden_size": 8, "estimator": "partial_label"}');

SELECT version FROM usercls.train_uplift('m', 'users', 'edges', warm_start => 1, features => '{age,region}', hyperparams => '{"max_epochs": 1, "hidden_size": 8}');
SELECT version FROM usercls.train_uplift('m', 'users', 'edges', warm_start => 1, features => '{}', hyperparams => '{"max_epochs": 1, "hidden_size": 8}');

-- The tables are read each time; a column or a table that is gone is an error.
ALTER TABLE users RENAME age TO years;
SELECT * FROM usercls.uplift('m', 1);
SELECT * FROM usercls.target_users('m', 1, 0, NULL, NULL::int);
ALTER TABLE users RENAME years TO age;
SELECT version FROM usercls.uplift('m', 1);
ALTER TABLE edges RENAME TO links;
SELECT * FROM usercls.uplift('m', 1);
SELECT * FROM usercls.target_users('m', 1, 0, NULL, NULL::int);

-- Row security would hide users from the training.
ALTER TABLE links RENAME TO edges;
CREATE ROLE regress_uplift_trainer;
GRANT SELECT ON users, edges TO regress_uplift_trainer;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY early ON users USING (user_id < 100);
SET ROLE regress_uplift_trainer;
SELECT usercls.train_uplift('own', 'users', 'edges');
RESET ROLE;

SELECT usercls.drop_model('m');
DROP TABLE users, edges;
DROP ROLE regress_uplift_trainer;
