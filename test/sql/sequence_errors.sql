-- Every way to be wrong about sequences: an error with its code, the numbers, and what to do.
SET client_min_messages = warning;
SET timezone = 'UTC';
\set SHOW_CONTEXT never
CREATE FUNCTION sqe_try(command text, OUT error text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	code text;
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE command;
	error := 'no error';
	RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	error := code || ': ' || message;
	RETURN NEXT;
	error := '  ' || detail;
	RETURN NEXT;
	error := '  ' || hint;
	RETURN NEXT;
END $$;
\pset tuples_only
\pset format unaligned
CREATE TABLE sqe AS
SELECT u AS user_id, timestamptz '2026-01-05' + make_interval(days => d) AS ts, (u * d % 7)::float8 AS spend,
       u % 2 = 0 AS odd, 'one' AS one, repeat('x', 3) AS word, NULL::int AS nothing, point(u, d) AS place
FROM generate_series(1, 40) AS u, generate_series(0, 139, 3) AS d;

-- Columns
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spent')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'word')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', features => '{spend,place}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', features => '{}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', features => '{spend,spend}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', features => '{spend,odd}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'place')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', time_column => 'word')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', user_column => 'place')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', label_column => 'odd')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', NULL, trend_of => 'spend')$$);
SELECT sqe_try($$SELECT usercls.train_sequence(NULL, 'sqe', trend_of => 'spend')$$);
CREATE INDEX sqe_index ON sqe (user_id);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_index', trend_of => 'spend')$$);

-- Rows
CREATE VIEW sqe_null AS SELECT nullif(user_id, 7) AS user_id, ts, spend, odd FROM sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_null', trend_of => 'spend')$$);
CREATE VIEW sqe_nan AS SELECT user_id, ts, CASE user_id WHEN 7 THEN 'NaN' ELSE spend END AS spend, odd FROM sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_nan', label_column => 'odd')$$);
CREATE VIEW sqe_infinite AS SELECT user_id, ts, spend, CASE user_id WHEN 7 THEN '-infinity' ELSE spend END AS other FROM sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_infinite', trend_of => 'other', features => '{spend}')$$);
CREATE VIEW sqe_large AS SELECT user_id, ts, CASE user_id WHEN 7 THEN 1e300 ELSE spend END AS spend, odd FROM sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_large', label_column => 'odd')$$);
CREATE VIEW sqe_empty AS SELECT * FROM sqe WHERE false;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_empty', trend_of => 'spend')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', as_of => '2020-01-01')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', as_of => 'infinity')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'nothing', features => '{spend}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'one', features => '{spend}')$$);
CREATE VIEW sqe_many AS SELECT *, row_number() OVER () AS row FROM sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_many', label_column => 'row', features => '{spend}')$$);

-- Arguments
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"hidden_sizes": 8}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"hidden_size": 0}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"hidden_size": 1.5}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"hidden_size": [8]}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"hidden_size": null}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"pooling": "first"}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"mask": 1}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '[8]')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', architecture => 'tcn', hyperparams => '{"bidirectional": true}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"normalization": "batch"}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', hyperparams => '{"dropout": -0.5}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', architecture => 'transformer')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', period => '-7 days')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', window_periods => 0)$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', trend_of => 'spend', horizon_periods => -1)$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', class_weights => '"even"')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', class_weights => '{"ture": 2}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', class_weights => '{"true": -1}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', validation => '{"method": "row"}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', validation => '{"shares": 0.1}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', validation => '{"share": 1}')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', promote => 'maybe')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', warm_start => 3)$$);
SELECT sqe_try($$SELECT * FROM usercls.hyperparameters('sequences')$$);

-- Memory: while rows are read, and before the training.
SET usercls.max_memory = '64kB';
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', window_periods => 500)$$) LIMIT 1;
SET usercls.max_memory = '512kB';
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', hyperparams => '{"hidden_size": 256}')$$) LIMIT 1;
RESET usercls.max_memory;

-- Rows that row security would hide.
CREATE ROLE regress_sqe;
CREATE TABLE sqe_secured AS SELECT * FROM sqe;
ALTER TABLE sqe_secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY sqe_some ON sqe_secured USING (user_id < 20);
GRANT SELECT ON sqe_secured TO regress_sqe;
SET ROLE regress_sqe;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe_secured', label_column => 'odd')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd')$$);
RESET ROLE;

-- A read-only transaction, such as on a standby, is told before the work: only a dry run is possible.
BEGIN READ ONLY;
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd')$$);
SELECT sqe_try($$SELECT usercls.train_sequence('sqe', 'sqe', label_column => 'odd', dry_run => true)$$);
COMMIT;

-- Nothing of this was stored.
SELECT count(*) FROM usercls.models WHERE model = 'sqe';

-- Scoring
SELECT sqe_try($$SELECT usercls.predict('sqe', '{1,2}')$$);
SELECT rows_train > 0 FROM usercls.train_sequence('sqe', 'sqe', label_column => 'odd', features => '{spend}', promote => 'never',
                                                  hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT sqe_try($$SELECT usercls.predict('sqe', '{1,2}')$$);
SELECT usercls.promote('sqe', 1);
SELECT sqe_try($$SELECT usercls.predict('sq', '{1,2}')$$);
SELECT sqe_try($$SELECT usercls.predict('sqe', '{{1,2},{3,4}}')$$);
SELECT sqe_try($$SELECT usercls.predict(usercls.export_model('sqe'), '{{1,2},{3,4}}')$$);
SELECT sqe_try($$SELECT usercls.predict('sqe', '{}')$$);
SELECT sqe_try($$SELECT usercls.predict('sqe', '{{{1}}}')$$);
SELECT sqe_try($$SELECT usercls.predict('sqe', '{1,NaN}')$$);
SELECT sqe_try($$SELECT usercls.predict('sqe', '{1,1e300}')$$);
SELECT sqe_try($$SELECT usercls.score('sqe', '{1,2}', 'ture')$$);
SELECT sqe_try($$SELECT usercls.predict(substr(usercls.export_model('sqe'), 1, 1000), '{1,2}')$$);
SELECT sqe_try($$SELECT usercls.predict('\x00'::bytea, '{1,2}')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_users('sqe', NULL, NULL::uuid)$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', NULL)$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe', 'user_id', NULL)$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe', 'word')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe', 'user_id', 'sequence')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe', 'user_id', 'odd')$$);
CREATE VIEW sqe_sequences AS SELECT nothing::bigint AS user_id, ARRAY[1, 2]::float8[] AS seq, ARRAY[[1, 2]]::int[] AS wide,
       ARRAY['NaN', 1]::float8[] AS nan, '{}'::float8[] AS empty, 1::bigint AS one FROM sqe LIMIT 1;
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe_sequences')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe_sequences', 'one', 'wide')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe_sequences', 'one', 'nan')$$);
SELECT sqe_try($$SELECT * FROM usercls.classify_sequences('sqe', 'sqe_sequences', 'one', 'empty')$$);
-- A sequence of any length, where the file does not say the window: its memory is limited, and a cancel does not wait for its end.
SELECT sqe_try($$SELECT usercls.predict('sqe', array_fill(1::float8, ARRAY[1000000]))$$);
SELECT usercls.import_model('sqe long', decode(replace(encode(usercls.export_model('sqe'), 'hex'), encode('window_periods', 'hex'), encode('window_unknown', 'hex')), 'hex'), promote => 'always');
SET usercls.max_memory = '8MB';
SELECT error FROM sqe_try($$SELECT usercls.predict('sqe long', array_fill(1::float8, ARRAY[1000000]))$$) AS t(error) LIMIT 1;
SET usercls.max_memory = '1GB';
SET statement_timeout = '50ms';
SELECT usercls.predict('sqe long', array_fill(1::float8, ARRAY[600000])) IS NOT NULL;
RESET statement_timeout;
RESET usercls.max_memory;
ALTER TABLE sqe RENAME TO sqe_moved;
SELECT sqe_try($$SELECT * FROM usercls.classify_users('sqe')$$);

SELECT usercls.drop_model('sqe') IS NOT NULL;
SELECT usercls.drop_model('sqe long') IS NOT NULL;
DROP TABLE sqe_moved, sqe_secured CASCADE;
DROP FUNCTION sqe_try;
DROP ROLE regress_sqe;
