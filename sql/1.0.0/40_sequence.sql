-- Sequence models: train, score, classify.

CREATE TYPE usercls.train_result AS (
	model text,
	version int,
	promoted boolean,
	reason text,
	metric text,
	value float8,
	baseline float8,
	best_epoch int,
	epochs int,
	rows_train bigint,
	rows_held_out bigint,
	active bigint,
	silent bigint,
	classes jsonb,
	drawn jsonb,
	features text[],
	attributes text[],
	telling text[],
	notices text[],
	memory bigint,
	elapsed_seconds float8,
	users bigint,
	cutoffs int
);
COMMENT ON TYPE usercls.train_result IS 'what a training came to; a dry run leaves version, promoted and the metrics null';
COMMENT ON COLUMN usercls.train_result.model IS 'name of the model';
COMMENT ON COLUMN usercls.train_result.version IS 'the version that was stored';
COMMENT ON COLUMN usercls.train_result.promoted IS 'whether the version now answers for the model';
COMMENT ON COLUMN usercls.train_result.reason IS 'why it was promoted or not';
COMMENT ON COLUMN usercls.train_result.metric IS 'the held-out metric that decides';
COMMENT ON COLUMN usercls.train_result.value IS 'that metric of this version';
COMMENT ON COLUMN usercls.train_result.baseline IS 'that metric of the best simple rule on the same users';
COMMENT ON COLUMN usercls.train_result.best_epoch IS 'epoch whose weights were kept; 0: none was better than what a sequence model begins as, its baseline or the closed form of a minirocket';
COMMENT ON COLUMN usercls.train_result.epochs IS 'epochs that ran';
COMMENT ON COLUMN usercls.train_result.rows_train IS 'users trained on; with cutoffs their sequences';
COMMENT ON COLUMN usercls.train_result.rows_held_out IS 'users held out; with cutoffs their sequences';
COMMENT ON COLUMN usercls.train_result.active IS 'users with a row in the window that was read; null for an uplift model';
COMMENT ON COLUMN usercls.train_result.silent IS 'users all of whose rows come before the window: learned as users without activity, or left out with active_only; null for an uplift model';
COMMENT ON COLUMN usercls.train_result.classes IS 'users of each class, both parts together';
COMMENT ON COLUMN usercls.train_result.drawn IS 'sequences of each class that an epoch learns from: those not held out, or as many of each as class_weights "resample" draws; null for an uplift model';
COMMENT ON COLUMN usercls.train_result.features IS 'what it reads, in its order: all numeric columns without another role unless features named them';
COMMENT ON COLUMN usercls.train_result.attributes IS 'columns of the table of users that it reads; null: none';
COMMENT ON COLUMN usercls.train_result.telling IS 'those of the features and attributes that alone tell the label, the treatment or the outcome: too good to be true unless they are known before it';
COMMENT ON COLUMN usercls.train_result.notices IS 'notices and warnings of the training';
COMMENT ON COLUMN usercls.train_result.memory IS 'bytes that the training takes';
COMMENT ON COLUMN usercls.train_result.elapsed_seconds IS 'time it took';
COMMENT ON COLUMN usercls.train_result.users IS 'users that the rows are of: with several cutoffs a user has a row for each at which he is there';
COMMENT ON COLUMN usercls.train_result.cutoffs IS 'moments that their sequences were read up to; null for an uplift model';

CREATE FUNCTION usercls.hyperparameters(
	kind text,
	OUT name text,
	OUT type text,
	OUT "default" text,
	OUT range text,
	OUT description text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_hyperparameters'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION usercls.hyperparameters(text)
IS 'the keys that hyperparams takes, for kind ''sequence'' or ''uplift''';

CREATE FUNCTION usercls.train_sequence(
	model text,
	source regclass,
	user_column name DEFAULT 'user_id',
	time_column name DEFAULT 'ts',
	sequence_column name DEFAULT NULL,
	features text[] DEFAULT NULL,
	outcome text DEFAULT NULL,
	label_column name DEFAULT NULL,
	trend_of name DEFAULT NULL,
	trend_rule jsonb DEFAULT NULL,
	period interval DEFAULT '7 days',
	window_periods int DEFAULT 12,
	horizon_periods int DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	cutoffs jsonb DEFAULT NULL,
	cutoff_every interval DEFAULT NULL,
	time_zone text DEFAULT NULL,
	active_only boolean DEFAULT false,
	users regclass DEFAULT NULL,
	attributes name[] DEFAULT NULL,
	architecture text DEFAULT NULL,
	class_weights jsonb DEFAULT '"none"',
	decision text DEFAULT 'largest',
	validation jsonb DEFAULT '{"method":"user","share":0.2}',
	hyperparams jsonb DEFAULT '{}',
	seed bigint DEFAULT 42,
	warm_start int DEFAULT NULL,
	promote text DEFAULT 'if_better',
	dry_run boolean DEFAULT false,
	comment text DEFAULT NULL
) RETURNS usercls.train_result
AS 'MODULE_PATHNAME', 'usercls_train_sequence'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.train_sequence(text, regclass, name, name, name, text[], text, name, name, jsonb, interval, int, int, timestamptz, jsonb, interval, text, boolean, regclass, name[], text, jsonb, text, jsonb, jsonb, bigint, int, text, boolean, text)
IS 'train a network on the users'' sequences in a table or view, and store it as a version of the model; sequence_column: arrays of periods, or periods × features, a row a user, in place of rows with a time, with a label_column; time_column: of a time, a date or an integer, of which period => 1 is one and to_timestamp(n) the moment; architecture: gru, lstm, tcn, minirocket, or ''auto'', which tries several and records what each reached; null: auto for a sequence_column, gru otherwise; features: columns (numbers are summed, of booleans the true ones are counted, texts and enums count the rows of each of the eight most frequent values and of all others) and aggregate expressions over a period''s rows, such as avg(rating); outcome: an aggregate expression over a user''s rows after as_of, up to horizon_periods later, such as count(*) = 0: its values are the classes, and of type numeric or float they are numbers, whose ranges are (see forecast()); horizon_periods null: 4 for outcome and trend_of, 0 for label_column; cutoffs: a number of moments counted back from as_of, cutoff_every apart (null: the horizon), or an array of times: each user gives a sequence for each at which he is there; time_zone null: the session''s, which the model keeps; trend_rule: how the trend makes a label, in the words of label(), such as {"measure": "mean"}, {"significance": 0.05}, {"potential_at": 3, "high_risk_at": -3} or {"cuts": [-8, -3, 3, 8]}; active_only: leave out users without a row in the window; users: a table or view with one row a user, or with the time column a history of rows, and in attributes the columns of it that the model reads beside the series (numbers, booleans, texts, enums; null: all that have no other role), never summed, and known before as_of; decision: the label is the class with the ''largest'' probability, ''balanced'' the one whose probability is the largest multiple of its share, or ''macro_f1'' the one whose probability times a factor is the largest, where the factors make macro-F1 on the held-out users the largest';

CREATE FUNCTION usercls.label_summary(
	source regclass,
	trend_of name,
	user_column name DEFAULT 'user_id',
	time_column name DEFAULT 'ts',
	periods interval[] DEFAULT '{7 days,14 days,1 month,3 months}',
	window_periods int DEFAULT 12,
	as_of timestamptz DEFAULT NULL,
	time_zone text DEFAULT NULL,
	active_only boolean DEFAULT false,
	measure text DEFAULT 'sum'
) RETURNS TABLE (
	period interval,
	trend_rule jsonb,
	users_read bigint,
	active bigint,
	changing bigint,
	high_risk bigint,
	stable bigint,
	potential bigint,
	usable boolean
)
AS 'MODULE_PATHNAME', 'usercls_label_summary'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 16 COST 1000000;
COMMENT ON FUNCTION usercls.label_summary(regclass, name, name, name, interval[], int, timestamptz, text, boolean, text)
IS 'which labels the trend of a column would make, by period and trend_rule: users whose periods are not all alike (changing), users of each class, and whether each class has 5 % of them (usable)';

CREATE FUNCTION usercls.predict(
	model text,
	seq float8[],
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT version int
)
AS 'MODULE_PATHNAME', 'usercls_predict'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.predict(text, float8[])
IS 'most likely class of a sequence (periods × features, NULL is missing) by the promoted version of a model';

CREATE FUNCTION usercls.predict(
	weights bytea,
	seq float8[],
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT version int
)
AS 'MODULE_PATHNAME', 'usercls_predict_weights'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.predict(bytea, float8[])
IS 'the same by weights given as a value, as export_model() returns them; version is null';

CREATE FUNCTION usercls.score(model text, seq float8[], class text)
RETURNS float8
AS 'MODULE_PATHNAME', 'usercls_score'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.score(text, float8[], text)
IS 'probability of one class for a sequence by the promoted version of a model';

CREATE FUNCTION usercls.score(weights bytea, seq float8[], class text)
RETURNS float8
AS 'MODULE_PATHNAME', 'usercls_score_weights'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.score(bytea, float8[], text)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.score(weights bytea, seq float8[], class int)
RETURNS float8
AS 'MODULE_PATHNAME', 'usercls_score_weights_number'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.score(bytea, float8[], int)
IS 'the same with the class by its place in the probabilities of predict(), from 1: postgres_fdw has it run by the server that has the rows, in conditions';

CREATE FUNCTION usercls.predict(
	model text,
	seq float8[],
	attributes record,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT version int
)
AS 'MODULE_PATHNAME', 'usercls_predict'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.predict(text, float8[], record)
IS 'the same by a model that reads attributes, taken by name from a row: predict(''churn'', seq, members); a null row: none is known';

CREATE FUNCTION usercls.predict(
	weights bytea,
	seq float8[],
	attributes record,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT version int
)
AS 'MODULE_PATHNAME', 'usercls_predict_weights'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.predict(bytea, float8[], record)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.score(model text, seq float8[], class text, attributes record)
RETURNS float8
AS 'MODULE_PATHNAME', 'usercls_score'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.score(text, float8[], text, record)
IS 'probability of one class for a sequence and the attributes in a row';

CREATE FUNCTION usercls.score(weights bytea, seq float8[], class text, attributes record)
RETURNS float8
AS 'MODULE_PATHNAME', 'usercls_score_weights'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.score(bytea, float8[], text, record)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.prediction_set(model text, seq float8[], coverage float8 DEFAULT 0.9)
RETURNS text[]
AS 'MODULE_PATHNAME', 'usercls_prediction_set'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.prediction_set(text, float8[], float8)
IS 'the classes that a sequence may be of, the most probable first: the true one is among them for the share coverage of users like those that the training held out; empty where none is probable enough';

CREATE FUNCTION usercls.prediction_set(weights bytea, seq float8[], coverage float8 DEFAULT 0.9)
RETURNS text[]
AS 'MODULE_PATHNAME', 'usercls_prediction_set_weights'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.prediction_set(bytea, float8[], float8)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.prediction_set(model text, seq float8[], attributes record, coverage float8 DEFAULT 0.9)
RETURNS text[]
AS 'MODULE_PATHNAME', 'usercls_prediction_set'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.prediction_set(text, float8[], record, float8)
IS 'the same by a model that reads attributes, taken by name from a row; a null row: none is known';

CREATE FUNCTION usercls.prediction_set(weights bytea, seq float8[], attributes record, coverage float8 DEFAULT 0.9)
RETURNS text[]
AS 'MODULE_PATHNAME', 'usercls_prediction_set_weights'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.prediction_set(bytea, float8[], record, float8)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.embedding(model text, seq float8[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_embedding'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.embedding(text, float8[])
IS 'what the promoted version''s head reads of a sequence: the pooled state of the encoder (hidden_size numbers, twice as many if bidirectional, num_features of a minirocket), then the hidden units, summary and attributes beside it; of an ensemble one network after the other. Numbers of another version have another meaning';

CREATE FUNCTION usercls.embedding(weights bytea, seq float8[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_embedding_weights'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.embedding(bytea, float8[])
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.embedding(model text, seq float8[], attributes record)
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_embedding'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.embedding(text, float8[], record)
IS 'the same by a model that reads attributes, taken by name from a row; a null row: none is known';

CREATE FUNCTION usercls.embedding(weights bytea, seq float8[], attributes record)
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_embedding_weights'
LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION usercls.embedding(bytea, float8[], record)
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.forecast(
	model text,
	probabilities float8[],
	OUT mean float8,
	OUT low float8,
	OUT median float8,
	OUT high float8
)
AS 'MODULE_PATHNAME', 'usercls_forecast'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls.forecast(text, float8[])
IS 'what the probabilities of predict() or classify_users() say of the number that a model with an outcome of type numeric or float answers: mean, median, and an interval that holds four in five';

CREATE FUNCTION usercls.forecast(
	weights bytea,
	probabilities float8[],
	OUT mean float8,
	OUT low float8,
	OUT median float8,
	OUT high float8
)
AS 'MODULE_PATHNAME', 'usercls_forecast_weights'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls.forecast(bytea, float8[])
IS 'the same by weights given as a value';

CREATE FUNCTION usercls.classify_users(
	model text,
	as_of timestamptz DEFAULT NULL,
	OUT user_id bigint,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT rank bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_users(text, timestamptz)
IS 'class of every user of the model''s own table, read up to as_of (by default the end of its data), with the rank within the class';

-- Defaults cannot be left out of a call whose result type depends on an argument: hence two functions.
CREATE FUNCTION usercls.classify_users(
	model text,
	as_of timestamptz,
	id anyelement,
	OUT user_id anyelement,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT rank bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_users(text, timestamptz, anyelement)
IS 'the same for user ids of another type than bigint: classify_users(''churn'', NULL, NULL::uuid)';

CREATE FUNCTION usercls.classify_users(
	model text,
	as_of timestamptz,
	id anyelement,
	with_trend boolean,
	OUT user_id anyelement,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT rank bigint,
	OUT trend usercls.trend
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_users(text, timestamptz, anyelement, boolean)
IS 'the same with the trend of the window, where the label is one (with_trend false: null): a type that not every client reads';

CREATE FUNCTION usercls.classify_users(
	model text,
	as_of timestamptz,
	id anyelement,
	with_trend boolean,
	top int,
	class text DEFAULT NULL,
	threshold float8 DEFAULT NULL,
	OUT user_id anyelement,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT rank bigint,
	OUT trend usercls.trend,
	OUT reasons text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_users(text, timestamptz, anyelement, boolean, int, text, float8)
IS 'the same with so many reasons of the probability of a class (null: the one that the user gets), one a line, the largest first, as explain_user() has them; with a threshold of users who have at least that probability of the class';

CREATE FUNCTION usercls.sequences(model text, as_of timestamptz DEFAULT NULL, OUT user_id bigint, OUT seq float8[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_sequences'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.sequences(text, timestamptz)
IS 'the sequence of every user that classify_users() scores, as predict() takes it: the model''s own columns, in their order, summed by its own periods up to as_of';

CREATE FUNCTION usercls.sequences(model text, as_of timestamptz, id anyelement, OUT user_id anyelement, OUT seq float8[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_sequences'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.sequences(text, timestamptz, anyelement)
IS 'the same for user ids of another type than bigint: sequences(''churn'', NULL, NULL::uuid)';

CREATE FUNCTION usercls.classify_sequences(
	model text,
	source regclass,
	user_column name DEFAULT 'user_id',
	sequence_column name DEFAULT 'seq',
	OUT user_id bigint,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[]
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_sequences'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_sequences(text, regclass, name, name)
IS 'class of every user of a table of sequences, such as sequence_agg() makes, with the columns of the attributes that the model reads; in batches, so faster than predict() a row at a time';

CREATE FUNCTION usercls.classify_sequences(
	model text,
	source regclass,
	user_column name,
	sequence_column name,
	id anyelement,
	OUT user_id anyelement,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[]
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_classify_sequences'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.classify_sequences(text, regclass, name, name, anyelement)
IS 'the same for user ids of another type than bigint, of the type of the last argument';
