-- What a DBA schedules and watches.

CREATE FUNCTION usercls.progress(
	OUT pid int,
	OUT database text,
	OUT model text,
	OUT command text,
	OUT phase text,
	OUT rows bigint,
	OUT epoch int,
	OUT max_epochs int,
	OUT train_loss float8,
	OUT held_out_loss float8,
	OUT started timestamptz,
	OUT elapsed_seconds float8,
	OUT eta_seconds float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_progress'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED ROWS 1;
COMMENT ON FUNCTION usercls.progress()
IS 'what each running training and refresh is doing, in all sessions whose statistics the role may see; eta_seconds is the longest it can still take';

CREATE PROCEDURE usercls.retrain(
	model text,
	as_of timestamptz DEFAULT NULL,
	warm_start boolean DEFAULT true,
	promote text DEFAULT 'if_better',
	keep_versions int DEFAULT 10,
	keep_history int DEFAULT 100,
	max_runtime interval DEFAULT NULL,
	comment text DEFAULT NULL
)
AS 'MODULE_PATHNAME', 'usercls_retrain'
LANGUAGE C;
COMMENT ON PROCEDURE usercls.retrain(text, timestamptz, boolean, text, int, int, interval, text)
IS 'repeat the training of a model on today''s data; outside a transaction block it commits after each epoch; keep_versions and keep_history: what prune_versions() would keep';

CREATE PROCEDURE usercls.refresh_scores(
	model text,
	target text,
	as_of timestamptz DEFAULT NULL,
	batch_size int DEFAULT 10000,
	max_removed float8 DEFAULT 0.2,
	class text DEFAULT NULL,
	threshold float8 DEFAULT NULL,
	outbox text DEFAULT NULL,
	changed_since timestamptz DEFAULT NULL,
	changed_column text DEFAULT NULL,
	reasons int DEFAULT NULL
)
AS 'MODULE_PATHNAME', 'usercls_refresh_scores'
LANGUAGE C;
COMMENT ON PROCEDURE usercls.refresh_scores(text, text, timestamptz, int, float8, text, float8, text, timestamptz, text, int)
IS 'keep the table target, which is made when missing, equal to what the promoted version says of each user; only changed rows are written, and usercls_scores is notified; refused where it would remove more than the share max_removed of the table''s users; class: whose probability is the score that users are ranked by; threshold: from which score on they are marked; outbox: a table, made when missing, of everybody who enters or leaves the mark; changed_since: read, score and write only users whose scores rows may have changed that came in since then, a moment before the former refresh began; changed_column: says when a row came in (by default the time of the row); reasons: how many reasons of the score the column reasons has, one a line, with a threshold of marked users alone';
