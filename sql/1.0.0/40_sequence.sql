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
	classes jsonb,
	memory bigint,
	elapsed interval
);
COMMENT ON TYPE usercls.train_result IS 'what a training came to; a dry run leaves version, promoted and the metrics null';
COMMENT ON COLUMN usercls.train_result.model IS 'name of the model';
COMMENT ON COLUMN usercls.train_result.version IS 'the version that was stored';
COMMENT ON COLUMN usercls.train_result.promoted IS 'whether the version now answers for the model';
COMMENT ON COLUMN usercls.train_result.reason IS 'why it was promoted or not';
COMMENT ON COLUMN usercls.train_result.metric IS 'the held-out metric that decides';
COMMENT ON COLUMN usercls.train_result.value IS 'that metric of this version';
COMMENT ON COLUMN usercls.train_result.baseline IS 'that metric of the best simple rule on the same users';
COMMENT ON COLUMN usercls.train_result.best_epoch IS 'epoch whose weights were kept';
COMMENT ON COLUMN usercls.train_result.epochs IS 'epochs that ran';
COMMENT ON COLUMN usercls.train_result.rows_train IS 'users trained on';
COMMENT ON COLUMN usercls.train_result.rows_held_out IS 'users held out';
COMMENT ON COLUMN usercls.train_result.classes IS 'users of each class, both parts together';
COMMENT ON COLUMN usercls.train_result.memory IS 'bytes that the training takes';
COMMENT ON COLUMN usercls.train_result.elapsed IS 'time it took';
