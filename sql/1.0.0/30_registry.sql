-- Models as rows: tables that only C code and pg_dump touch, views that everybody may read.
-- No foreign keys among them: pg_restore -j restores the data of an extension's tables in any order.
-- Whoever adds a row that belongs to a model locks the model's row first, and drop_model() deletes them all.

-- Rights belong to roles by OID, so that a later role of the same name has none; what is dumped is the role's name, since
-- OIDs differ from server to server. The column that holds the OID is generated when its row is written or restored: that
-- is what the function is immutable for, which it is not otherwise.
CREATE FUNCTION usercls_private.role_oid(role name) RETURNS oid
	AS 'MODULE_PATHNAME', 'usercls__role_oid' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.role_oid(name) IS 'the role that has this name now: 0 for public, null for none';

CREATE TABLE usercls.model (
	model_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT model_pkey PRIMARY KEY,
	name text COLLATE pg_catalog."C" NOT NULL CONSTRAINT model_name_key UNIQUE
		CONSTRAINT model_name_check CHECK (pg_catalog.octet_length(name) BETWEEN 1 AND 200),
	kind text NOT NULL CONSTRAINT model_kind_check CHECK (kind IN ('sequence', 'uplift')),
	owner name NOT NULL,
	owner_oid oid GENERATED ALWAYS AS (usercls_private.role_oid(owner)) STORED,
	last_version int NOT NULL DEFAULT 0,
	promoted int,
	deployment_id bigint,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	comment text
);
COMMENT ON TABLE usercls.model IS 'a model by name: what its versions have in common';
COMMENT ON SEQUENCE usercls.model_model_id_seq IS 'numbers of models';
COMMENT ON COLUMN usercls.model.model_id IS 'number of the model';
COMMENT ON COLUMN usercls.model.name IS 'name, unique in the database';
COMMENT ON COLUMN usercls.model.kind IS 'sequence or uplift';
COMMENT ON COLUMN usercls.model.owner IS 'role that has every right on it, by name, so that a dump restores anywhere';
COMMENT ON COLUMN usercls.model.owner_oid IS 'the role that had this name when the row was written: the owner, however it is called now';
COMMENT ON COLUMN usercls.model.last_version IS 'number of the newest version ever stored: numbers are never used again';
COMMENT ON COLUMN usercls.model.promoted IS 'version that answers now; null when none does';
COMMENT ON COLUMN usercls.model.deployment_id IS 'the deployment that made it so';
COMMENT ON COLUMN usercls.model.created_at IS 'when it was first trained or imported';
COMMENT ON COLUMN usercls.model.comment IS 'what it is for, in the words of its owner';

CREATE TABLE usercls.model_version (
	model_id bigint NOT NULL,
	version int NOT NULL CONSTRAINT model_version_check CHECK (version > 0),
	architecture text NOT NULL,
	weights bytea NOT NULL CONSTRAINT model_version_weights_check CHECK (pg_catalog.octet_length(weights) <= 268435456),
	sha256 bytea NOT NULL,
	features text[] NOT NULL,
	classes text[] NOT NULL,
	hyperparams jsonb NOT NULL,
	seed bigint,
	metric text,
	value float8,
	baseline float8,
	metrics jsonb,
	as_of timestamptz,
	spec jsonb,
	rows_train bigint,
	rows_held_out bigint,
	best_epoch int,
	epochs int,
	memory bigint,
	elapsed_seconds float8,
	created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	created_by name NOT NULL,
	comment text,
	CONSTRAINT model_version_pkey PRIMARY KEY (model_id, version),
	CONSTRAINT model_version_sha256_check CHECK (sha256 = pg_catalog.sha256(weights))
);
-- Weights hardly compress, and are read whole.
ALTER TABLE usercls.model_version ALTER COLUMN weights SET STORAGE EXTERNAL;
COMMENT ON TABLE usercls.model_version IS 'a trained or imported version of a model: never changed, but for its comment';
COMMENT ON COLUMN usercls.model_version.model_id IS 'the model';
COMMENT ON COLUMN usercls.model_version.version IS 'number of the version, from 1';
COMMENT ON COLUMN usercls.model_version.architecture IS 'kind of network: lstm, gru, tcn, minirocket or graph_attention';
COMMENT ON COLUMN usercls.model_version.weights IS 'the network as a safetensors file';
COMMENT ON COLUMN usercls.model_version.sha256 IS 'SHA-256 of the weights';
COMMENT ON COLUMN usercls.model_version.features IS 'columns that it reads, in their order';
COMMENT ON COLUMN usercls.model_version.classes IS 'labels that it gives, in the order of its probabilities';
COMMENT ON COLUMN usercls.model_version.hyperparams IS 'every hyperparameter with its value';
COMMENT ON COLUMN usercls.model_version.seed IS 'seed of the training';
COMMENT ON COLUMN usercls.model_version.metric IS 'the held-out metric that decides about promotion';
COMMENT ON COLUMN usercls.model_version.value IS 'its value when the version was trained';
COMMENT ON COLUMN usercls.model_version.baseline IS 'its value for the best simple rule on the same users';
COMMENT ON COLUMN usercls.model_version.metrics IS 'all held-out metrics';
COMMENT ON COLUMN usercls.model_version.as_of IS 'time up to which the training read its features';
COMMENT ON COLUMN usercls.model_version.spec IS 'arguments of the training, for usercls.retrain()';
COMMENT ON COLUMN usercls.model_version.rows_train IS 'users trained on';
COMMENT ON COLUMN usercls.model_version.rows_held_out IS 'users held out';
COMMENT ON COLUMN usercls.model_version.best_epoch IS 'epoch whose weights were kept; 0: none was better than what a sequence model begins as, its baseline or the closed form of a minirocket';
COMMENT ON COLUMN usercls.model_version.epochs IS 'epochs that ran';
COMMENT ON COLUMN usercls.model_version.memory IS 'bytes that the training took';
COMMENT ON COLUMN usercls.model_version.elapsed_seconds IS 'time that the training took';
COMMENT ON COLUMN usercls.model_version.created_at IS 'when it was stored';
COMMENT ON COLUMN usercls.model_version.created_by IS 'role that stored it';
COMMENT ON COLUMN usercls.model_version.comment IS 'words of whoever trained it';

CREATE FUNCTION usercls_private.immutable() RETURNS trigger
	AS 'MODULE_PATHNAME', 'usercls__immutable' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.immutable() IS 'refuses to change a stored version';

CREATE TRIGGER model_version_immutable
	BEFORE UPDATE OF model_id, version, architecture, weights, sha256, features, classes, hyperparams, seed, metric,
		value, baseline, metrics, as_of, spec, rows_train, rows_held_out, best_epoch, epochs, memory, elapsed_seconds,
		created_at, created_by
	ON usercls.model_version FOR EACH STATEMENT EXECUTE FUNCTION usercls_private.immutable();
COMMENT ON TRIGGER model_version_immutable ON usercls.model_version IS 'a version that has scored users stays what it was';

CREATE TABLE usercls.deployment (
	deployment_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT deployment_pkey PRIMARY KEY,
	model_id bigint NOT NULL,
	version int NOT NULL,
	action text NOT NULL CONSTRAINT deployment_action_check CHECK (action IN ('promote', 'rollback')),
	reason text,
	role name NOT NULL,
	deployed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	previous bigint
);
CREATE INDEX deployment_model ON usercls.deployment (model_id, deployment_id);
COMMENT ON TABLE usercls.deployment IS 'which version answered for a model since when';
COMMENT ON INDEX usercls.deployment_model IS 'finds the history of a model';
COMMENT ON SEQUENCE usercls.deployment_deployment_id_seq IS 'numbers of deployments';
COMMENT ON COLUMN usercls.deployment.deployment_id IS 'number of the deployment; one model''s are in order of time';
COMMENT ON COLUMN usercls.deployment.model_id IS 'the model';
COMMENT ON COLUMN usercls.deployment.version IS 'the version that answered from then on; it may be pruned since';
COMMENT ON COLUMN usercls.deployment.action IS 'promote or rollback';
COMMENT ON COLUMN usercls.deployment.reason IS 'why';
COMMENT ON COLUMN usercls.deployment.role IS 'role that did it';
COMMENT ON COLUMN usercls.deployment.deployed_at IS 'when';
COMMENT ON COLUMN usercls.deployment.previous IS 'the deployment that a rollback by one step returns to';

CREATE TABLE usercls.training_run (
	run_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT training_run_pkey PRIMARY KEY,
	model_id bigint NOT NULL,
	version int,
	metric text,
	role name NOT NULL,
	started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	finished_at timestamptz,
	decision text CONSTRAINT training_run_decision_check CHECK (decision IN ('promoted', 'not promoted')),
	reason text,
	notices text[],
	error text
);
CREATE INDEX training_run_model ON usercls.training_run (model_id, run_id);
COMMENT ON TABLE usercls.training_run IS 'a training, finished or not';
COMMENT ON INDEX usercls.training_run_model IS 'finds the trainings of a model';
COMMENT ON SEQUENCE usercls.training_run_run_id_seq IS 'numbers of trainings';
COMMENT ON COLUMN usercls.training_run.run_id IS 'number of the training';
COMMENT ON COLUMN usercls.training_run.model_id IS 'the model';
COMMENT ON COLUMN usercls.training_run.version IS 'the version that came of it; null unless it finished';
COMMENT ON COLUMN usercls.training_run.metric IS 'the held-out metric in the log';
COMMENT ON COLUMN usercls.training_run.role IS 'role that trained';
COMMENT ON COLUMN usercls.training_run.started_at IS 'when it started';
COMMENT ON COLUMN usercls.training_run.finished_at IS 'when the version was stored';
COMMENT ON COLUMN usercls.training_run.decision IS 'whether the version was promoted; null unless it finished';
COMMENT ON COLUMN usercls.training_run.reason IS 'why';
COMMENT ON COLUMN usercls.training_run.notices IS 'notices and warnings of the training';
COMMENT ON COLUMN usercls.training_run.error IS 'what ended it, where it failed and what it had done so far was kept';

CREATE TABLE usercls.training_log (
	run_id bigint NOT NULL,
	epoch int NOT NULL,
	train_loss float8,
	held_out_loss float8,
	held_out_metric float8,
	learning_rate float8,
	best_epoch int,
	logged_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	CONSTRAINT training_log_pkey PRIMARY KEY (run_id, epoch)
);
COMMENT ON TABLE usercls.training_log IS 'an epoch of a training';
COMMENT ON COLUMN usercls.training_log.run_id IS 'the training';
COMMENT ON COLUMN usercls.training_log.epoch IS 'number of the epoch, from 1';
COMMENT ON COLUMN usercls.training_log.train_loss IS 'mean loss on the users trained on';
COMMENT ON COLUMN usercls.training_log.held_out_loss IS 'mean loss on the users held out';
COMMENT ON COLUMN usercls.training_log.held_out_metric IS 'the metric that decides, on the users held out';
COMMENT ON COLUMN usercls.training_log.learning_rate IS 'learning rate of the epoch''s last step';
COMMENT ON COLUMN usercls.training_log.best_epoch IS 'best epoch so far; 0: none is better than how it began';
COMMENT ON COLUMN usercls.training_log.logged_at IS 'when the epoch was complete';

CREATE TABLE usercls.model_acl (
	model_id bigint NOT NULL,
	grantee name NOT NULL,
	grantee_oid oid GENERATED ALWAYS AS (usercls_private.role_oid(grantee)) STORED,
	"right" text NOT NULL CONSTRAINT model_acl_right_check CHECK ("right" IN ('score', 'train', 'admin')),
	granted_by name NOT NULL,
	granted_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CONSTRAINT model_acl_pkey PRIMARY KEY (model_id, grantee, "right")
);
COMMENT ON TABLE usercls.model_acl IS 'who may do what with a model, next to its owner';
COMMENT ON COLUMN usercls.model_acl.model_id IS 'the model';
COMMENT ON COLUMN usercls.model_acl.grantee IS 'role by name; public is everybody';
COMMENT ON COLUMN usercls.model_acl.grantee_oid IS 'the role that had this name when the row was written, 0 for public: who has the right';
COMMENT ON COLUMN usercls.model_acl."right" IS 'score, train (includes score) or admin (includes train)';
COMMENT ON COLUMN usercls.model_acl.granted_by IS 'role that granted it';
COMMENT ON COLUMN usercls.model_acl.granted_at IS 'when';

CREATE TABLE usercls.model_source (
	model_id bigint NOT NULL,
	source text COLLATE pg_catalog."C" NOT NULL,
	relation oid,
	owner name,
	owner_oid oid GENERATED ALWAYS AS (usercls_private.role_oid(owner)) STORED,
	approved_by name NOT NULL,
	approved_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CONSTRAINT model_source_pkey PRIMARY KEY (model_id, source)
);
COMMENT ON TABLE usercls.model_source IS 'tables and views that a model may read, and expressions that it may run, whoever uses it';
COMMENT ON COLUMN usercls.model_source.model_id IS 'the model';
COMMENT ON COLUMN usercls.model_source.source IS 'name of the table or view, with its schema, or an expression in parentheses';
COMMENT ON COLUMN usercls.model_source.relation IS 'OID that it had when it was approved; null: there was none of that name, or it is an expression';
COMMENT ON COLUMN usercls.model_source.owner IS 'role that owned it then';
COMMENT ON COLUMN usercls.model_source.owner_oid IS 'the role that had this name then';
COMMENT ON COLUMN usercls.model_source.approved_by IS 'role that approved it';
COMMENT ON COLUMN usercls.model_source.approved_at IS 'when';

SELECT pg_catalog.pg_extension_config_dump('usercls.model', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.model_model_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.model_version', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.deployment', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.deployment_deployment_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.training_run', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.training_run_run_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.training_log', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.model_acl', '');
SELECT pg_catalog.pg_extension_config_dump('usercls.model_source', '');

-- The tables belong to a superuser even when a plain database owner installs the extension, and it is the database's owner
-- who dumps and restores them: whoever that is today, so not @extowner@, which REASSIGN OWNED and DROP OWNED leave behind.
GRANT SELECT, INSERT ON usercls.model, usercls.model_version, usercls.deployment, usercls.training_run, usercls.training_log,
	usercls.model_acl, usercls.model_source TO pg_database_owner;
GRANT SELECT, UPDATE ON SEQUENCE usercls.model_model_id_seq, usercls.deployment_deployment_id_seq,
	usercls.training_run_run_id_seq TO pg_database_owner;

-- Views: one row for what the current user may see, in plain types.

CREATE FUNCTION usercls_private.model_right(model_id bigint, owner oid) RETURNS int
	AS 'MODULE_PATHNAME', 'usercls__model_right' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.model_right(bigint, oid) IS
	'right of the current user on a model: 0 none, 1 monitor, 2 score, 3 train, 4 admin';

CREATE FUNCTION usercls_private.right_name(value int) RETURNS text
	AS 'MODULE_PATHNAME', 'usercls__right_name' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.right_name(int) IS 'name of what model_right() returned';

CREATE VIEW usercls.models WITH (security_barrier) AS
SELECT m.name AS model, m.kind, v.architecture, m.promoted AS promoted_version, m.last_version AS newest_version,
	(SELECT pg_catalog.count(*) FROM usercls.model_version n WHERE n.model_id = m.model_id) AS versions,
	d.deployed_at AS promoted_at, d.role::text AS promoted_by, v.metric, v.value, v.baseline,
	(SELECT o.rolname::text FROM pg_catalog.pg_authid o WHERE o.oid = m.owner_oid) AS owner,
	usercls_private.right_name(r.value) AS my_right,
	m.created_at, m.comment
FROM usercls.model m
CROSS JOIN LATERAL usercls_private.model_right(m.model_id, m.owner_oid) AS r(value)
LEFT JOIN usercls.model_version v ON v.model_id = m.model_id AND v.version = m.promoted
LEFT JOIN usercls.deployment d ON d.deployment_id = m.deployment_id
WHERE r.value >= 1;
COMMENT ON VIEW usercls.models IS 'models that you may use';
COMMENT ON COLUMN usercls.models.model IS 'name of the model';
COMMENT ON COLUMN usercls.models.kind IS 'sequence or uplift';
COMMENT ON COLUMN usercls.models.architecture IS 'kind of network of the promoted version';
COMMENT ON COLUMN usercls.models.promoted_version IS 'version that answers now; null when none does';
COMMENT ON COLUMN usercls.models.newest_version IS 'number of the newest version';
COMMENT ON COLUMN usercls.models.versions IS 'versions that are kept';
COMMENT ON COLUMN usercls.models.promoted_at IS 'since when the promoted version answers';
COMMENT ON COLUMN usercls.models.promoted_by IS 'role that made it answer';
COMMENT ON COLUMN usercls.models.metric IS 'the held-out metric that decides about promotion';
COMMENT ON COLUMN usercls.models.value IS 'its value for the promoted version when that was trained';
COMMENT ON COLUMN usercls.models.baseline IS 'its value for the best simple rule on the same users';
COMMENT ON COLUMN usercls.models.owner IS 'role that owns the model; null when that role is gone';
COMMENT ON COLUMN usercls.models.my_right IS 'your right on it: monitor, score, train or admin';
COMMENT ON COLUMN usercls.models.created_at IS 'when it was first trained or imported';
COMMENT ON COLUMN usercls.models.comment IS 'what it is for';

CREATE VIEW usercls.versions WITH (security_barrier) AS
SELECT m.name AS model, v.version, m.kind, v.architecture, v.version IS NOT DISTINCT FROM m.promoted AS promoted,
	v.metric, v.value, v.baseline, v.rows_train, v.rows_held_out, v.best_epoch, v.epochs, v.as_of, v.seed,
	pg_catalog.array_to_string(v.features, ', ') AS features,
	pg_catalog.array_to_string(v.classes, ', ') AS classes,
	v.hyperparams::text AS hyperparams, v.metrics::text AS metrics,
	CASE WHEN r.value >= 3 THEN v.spec::text END AS spec,
	pg_catalog.octet_length(v.weights) AS bytes, pg_catalog.encode(v.sha256, 'hex') AS sha256,
	v.memory, v.elapsed_seconds, v.created_at, v.created_by::text AS created_by, v.comment
FROM usercls.model m
CROSS JOIN LATERAL usercls_private.model_right(m.model_id, m.owner_oid) AS r(value)
JOIN usercls.model_version v ON v.model_id = m.model_id
WHERE r.value >= 1;
COMMENT ON VIEW usercls.versions IS 'versions of the models that you may use';
COMMENT ON COLUMN usercls.versions.model IS 'name of the model';
COMMENT ON COLUMN usercls.versions.version IS 'number of the version';
COMMENT ON COLUMN usercls.versions.kind IS 'sequence or uplift';
COMMENT ON COLUMN usercls.versions.architecture IS 'kind of network';
COMMENT ON COLUMN usercls.versions.promoted IS 'whether it answers for the model now';
COMMENT ON COLUMN usercls.versions.metric IS 'the held-out metric that decides about promotion';
COMMENT ON COLUMN usercls.versions.value IS 'its value when the version was trained';
COMMENT ON COLUMN usercls.versions.baseline IS 'its value for the best simple rule on the same users';
COMMENT ON COLUMN usercls.versions.rows_train IS 'users trained on';
COMMENT ON COLUMN usercls.versions.rows_held_out IS 'users held out';
COMMENT ON COLUMN usercls.versions.best_epoch IS 'epoch whose weights were kept; 0: none was better than what a sequence model begins as, its baseline or the closed form of a minirocket';
COMMENT ON COLUMN usercls.versions.epochs IS 'epochs that ran';
COMMENT ON COLUMN usercls.versions.as_of IS 'time up to which the training read its features';
COMMENT ON COLUMN usercls.versions.seed IS 'seed of the training';
COMMENT ON COLUMN usercls.versions.features IS 'columns that it reads, in their order';
COMMENT ON COLUMN usercls.versions.classes IS 'labels that it gives, in the order of its probabilities';
COMMENT ON COLUMN usercls.versions.hyperparams IS 'every hyperparameter with its value, as JSON';
COMMENT ON COLUMN usercls.versions.metrics IS 'all held-out metrics, as JSON';
COMMENT ON COLUMN usercls.versions.spec IS 'arguments of the training, as JSON; null unless you may train the model';
COMMENT ON COLUMN usercls.versions.bytes IS 'size of the weights';
COMMENT ON COLUMN usercls.versions.sha256 IS 'SHA-256 of the weights, hexadecimal';
COMMENT ON COLUMN usercls.versions.memory IS 'bytes that the training took';
COMMENT ON COLUMN usercls.versions.elapsed_seconds IS 'time that the training took';
COMMENT ON COLUMN usercls.versions.created_at IS 'when it was stored';
COMMENT ON COLUMN usercls.versions.created_by IS 'role that stored it';
COMMENT ON COLUMN usercls.versions.comment IS 'words of whoever trained it';

CREATE VIEW usercls.deployments WITH (security_barrier) AS
SELECT d.deployment_id, m.name AS model, d.version, d.action, d.reason, d.role::text AS role, d.deployed_at,
	d.deployment_id IS NOT DISTINCT FROM m.deployment_id AS current
FROM usercls.model m
JOIN usercls.deployment d ON d.model_id = m.model_id
WHERE usercls_private.model_right(m.model_id, m.owner_oid) >= 1;
COMMENT ON VIEW usercls.deployments IS 'which version of a model answered since when, and why';
COMMENT ON COLUMN usercls.deployments.deployment_id IS 'number of the deployment';
COMMENT ON COLUMN usercls.deployments.model IS 'name of the model';
COMMENT ON COLUMN usercls.deployments.version IS 'version that answered from then on; it may be pruned since';
COMMENT ON COLUMN usercls.deployments.action IS 'promote or rollback';
COMMENT ON COLUMN usercls.deployments.reason IS 'why';
COMMENT ON COLUMN usercls.deployments.role IS 'role that did it';
COMMENT ON COLUMN usercls.deployments.deployed_at IS 'when';
COMMENT ON COLUMN usercls.deployments.current IS 'whether it is what answers now';

CREATE VIEW usercls.training_runs WITH (security_barrier) AS
SELECT t.run_id, m.name AS model, t.version, t.role::text AS role, t.started_at, t.finished_at,
	CASE WHEN t.version IS NOT NULL THEN 'finished'
		 WHEN t.error IS NOT NULL THEN 'failed'
		 WHEN t.run_id = (SELECT pg_catalog.max(n.run_id) FROM usercls.training_run n WHERE n.model_id = t.model_id)
			-- the lock of registry_training_lock()
			AND EXISTS (SELECT FROM pg_catalog.pg_locks k
						WHERE k.locktype = 'advisory' AND k.objsubid = 21827 AND k.granted
							AND k.database = (SELECT b.oid FROM pg_catalog.pg_database b
											  WHERE b.datname = pg_catalog.current_database())
							AND k.classid::bigint = t.model_id >> 32
							AND k.objid::bigint = t.model_id & 4294967295)
			THEN 'running'
		 ELSE 'ended early' END AS state,
	t.decision, t.reason, pg_catalog.array_to_string(t.notices, E'\n') AS notices, t.error,
	l.epoch AS epochs, l.best_epoch, t.metric, l.train_loss, l.held_out_loss, l.held_out_metric,
	l.logged_at AS last_epoch_at
FROM usercls.model m
JOIN usercls.training_run t ON t.model_id = m.model_id
LEFT JOIN LATERAL (SELECT * FROM usercls.training_log e WHERE e.run_id = t.run_id
				   ORDER BY e.epoch DESC LIMIT 1) l ON true
WHERE usercls_private.model_right(m.model_id, m.owner_oid) >= 1;
COMMENT ON VIEW usercls.training_runs IS 'trainings of the models that you may use, with the figures of the last epoch';
COMMENT ON COLUMN usercls.training_runs.run_id IS 'number of the training';
COMMENT ON COLUMN usercls.training_runs.model IS 'name of the model';
COMMENT ON COLUMN usercls.training_runs.version IS 'version that came of it; null unless it finished';
COMMENT ON COLUMN usercls.training_runs.role IS 'role that trained';
COMMENT ON COLUMN usercls.training_runs.started_at IS 'when it started';
COMMENT ON COLUMN usercls.training_runs.finished_at IS 'when the version was stored';
COMMENT ON COLUMN usercls.training_runs.state IS 'finished, running, failed (see error), or ended early (its session ended)';
COMMENT ON COLUMN usercls.training_runs.decision IS 'promoted or not promoted; null unless it finished';
COMMENT ON COLUMN usercls.training_runs.reason IS 'why';
COMMENT ON COLUMN usercls.training_runs.notices IS 'notices and warnings of the training, one a line';
COMMENT ON COLUMN usercls.training_runs.error IS 'what ended a CALL that commits; where a training fails as a whole nothing is kept of it';
COMMENT ON COLUMN usercls.training_runs.epochs IS 'epochs that are complete';
COMMENT ON COLUMN usercls.training_runs.best_epoch IS 'best epoch so far';
COMMENT ON COLUMN usercls.training_runs.metric IS 'the held-out metric that decides';
COMMENT ON COLUMN usercls.training_runs.train_loss IS 'mean loss of the last epoch on the users trained on';
COMMENT ON COLUMN usercls.training_runs.held_out_loss IS 'mean loss after it on the users held out';
COMMENT ON COLUMN usercls.training_runs.held_out_metric IS 'the metric after it on the users held out';
COMMENT ON COLUMN usercls.training_runs.last_epoch_at IS 'when the last epoch was complete';

CREATE VIEW usercls.training_epochs WITH (security_barrier) AS
SELECT l.run_id, m.name AS model, t.version, l.epoch, l.train_loss, l.held_out_loss, l.held_out_metric,
	l.learning_rate, l.logged_at
FROM usercls.model m
JOIN usercls.training_run t ON t.model_id = m.model_id
JOIN usercls.training_log l ON l.run_id = t.run_id
WHERE usercls_private.model_right(m.model_id, m.owner_oid) >= 1;
COMMENT ON VIEW usercls.training_epochs IS 'epochs of the trainings of the models that you may use';
COMMENT ON COLUMN usercls.training_epochs.run_id IS 'number of the training';
COMMENT ON COLUMN usercls.training_epochs.model IS 'name of the model';
COMMENT ON COLUMN usercls.training_epochs.version IS 'version that came of the training; null unless it finished';
COMMENT ON COLUMN usercls.training_epochs.epoch IS 'number of the epoch, from 1';
COMMENT ON COLUMN usercls.training_epochs.train_loss IS 'mean loss on the users trained on';
COMMENT ON COLUMN usercls.training_epochs.held_out_loss IS 'mean loss on the users held out';
COMMENT ON COLUMN usercls.training_epochs.held_out_metric IS 'the metric that decides, on the users held out';
COMMENT ON COLUMN usercls.training_epochs.learning_rate IS 'learning rate of the epoch''s last step';
COMMENT ON COLUMN usercls.training_epochs.logged_at IS 'when the epoch was complete';

CREATE FUNCTION usercls_private.source_state(model_id bigint, owner oid, source text, expression boolean) RETURNS text
	AS 'MODULE_PATHNAME', 'usercls__source_state' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION usercls_private.source_state(bigint, oid, text, boolean) IS
	'whether a model may read a table or view, or run an expression: approved, waiting, changed or missing';

-- NB: the keys of a spec are those of ModelKind.sources and .expressions; the latter hold one expression, or an array.
CREATE VIEW usercls.sources WITH (security_barrier) AS
SELECT m.name AS model, v.version, v.version IS NOT DISTINCT FROM m.promoted AS promoted, argument,
	r.source, usercls_private.source_state(m.model_id, m.owner_oid, r.source, argument IN ('outcome', 'expressions', 'behaviour')) AS state
FROM usercls.model m
JOIN usercls.model_version v ON v.model_id = m.model_id
JOIN pg_catalog.unnest(CASE m.kind WHEN 'uplift' THEN ARRAY['users', 'edges', 'behaviour'] ELSE ARRAY['source', 'users_table', 'outcome', 'expressions'] END) AS argument
	ON pg_catalog.jsonb_typeof(v.spec -> argument) OPERATOR(pg_catalog.<>) 'null'
CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(
	CASE pg_catalog.jsonb_typeof(v.spec -> argument) WHEN 'array' THEN v.spec -> argument
	ELSE pg_catalog.jsonb_build_array(v.spec -> argument) END) AS r(source)
WHERE r.source IS NOT NULL AND usercls_private.model_right(m.model_id, m.owner_oid) >= 1;
COMMENT ON VIEW usercls.sources IS 'tables and views that the models that you may use read with your rights, and expressions that they run';
COMMENT ON COLUMN usercls.sources.model IS 'name of the model';
COMMENT ON COLUMN usercls.sources.version IS 'number of the version';
COMMENT ON COLUMN usercls.sources.promoted IS 'whether it answers for the model now';
COMMENT ON COLUMN usercls.sources.argument IS 'argument of the training that named it: source, users or edges (users_table: users of a sequence model); outcome, or features with expressions; behaviour: a sequence model, trusted by its name';
COMMENT ON COLUMN usercls.sources.source IS 'the table or view, or the expression';
COMMENT ON COLUMN usercls.sources.state IS
	'approved; waiting for approve_source(); changed: another relation has the name, or its owner changed; missing';

GRANT SELECT ON usercls.models, usercls.versions, usercls.deployments, usercls.training_runs,
	usercls.training_epochs, usercls.sources TO PUBLIC;

-- What one does with models.

CREATE FUNCTION usercls.promote(model text, version int, reason text DEFAULT NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_promote' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.promote(text, int, text) IS 'let a version answer for the model from now on';

CREATE FUNCTION usercls.approve_source(model text, version int) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_approve_source' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.approve_source(text, int) IS
	'let everybody who uses the model read the tables and views that a version names, and run its expressions, whoever stored it; who does so trusts their owners, and the expressions';

CREATE FUNCTION usercls.revoke_source(model text, source text) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_revoke_source' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.revoke_source(text, text) IS
	'take back that a model may read a table or view, or run an expression, as usercls.sources shows it: its versions that name it answer nobody but the owner of the table, until it is approved again';

CREATE FUNCTION usercls.rollback(model text, steps int DEFAULT 1, reason text DEFAULT NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'usercls_rollback' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.rollback(text, int, text) IS
	'return to the version that answered before, and return its number';

CREATE FUNCTION usercls.drop_model(model text, if_exists boolean DEFAULT false) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_drop_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.drop_model(text, boolean) IS 'remove a model with all versions and its history';

CREATE FUNCTION usercls.prune_versions(model text, keep int, keep_history int DEFAULT 100) RETURNS int
	AS 'MODULE_PATHNAME', 'usercls_prune_versions' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.prune_versions(text, int, int) IS
	'remove all versions but the newest, the promoted one, the one before it and those by which other models read behaviour, and of the trainings and deployments all but the newest keep_history, those of versions that are kept and those that a rollback needs; null: none; return how many versions went';

CREATE FUNCTION usercls.export_model(model text, version int DEFAULT NULL) RETURNS bytea
	AS 'MODULE_PATHNAME', 'usercls_export_model' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION usercls.export_model(text, int) IS
	'the weights as a safetensors file, of the promoted version unless another is named';

CREATE FUNCTION usercls.import_model(model text, weights bytea, promote text DEFAULT 'never',
	comment text DEFAULT NULL, spec jsonb DEFAULT NULL) RETURNS int
	AS 'MODULE_PATHNAME', 'usercls_import_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.import_model(text, bytea, text, text, jsonb) IS
	'store a safetensors file as a new version, and return its number';

CREATE FUNCTION usercls.model_info(model text, version int DEFAULT NULL, OUT property text, OUT value text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'usercls_model_info' LANGUAGE C STABLE PARALLEL SAFE ROWS 40;
COMMENT ON FUNCTION usercls.model_info(text, int) IS
	'what a version is: its features in order, classes, hyperparameters and figures';

CREATE FUNCTION usercls.model_tensors(model text, version int DEFAULT NULL, OUT tensor text, OUT type text,
	OUT shape int[], OUT elements bigint, OUT byte_offset bigint, OUT mean float8, OUT deviation float8,
	OUT minimum float8, OUT maximum float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'usercls_model_tensors' LANGUAGE C STABLE PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION usercls.model_tensors(text, int) IS 'the tensors of a version, with what is in them';

CREATE FUNCTION usercls.model_tensors(weights bytea, OUT tensor text, OUT type text,
	OUT shape int[], OUT elements bigint, OUT byte_offset bigint, OUT mean float8, OUT deviation float8,
	OUT minimum float8, OUT maximum float8) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'usercls_weights_tensors' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20;
COMMENT ON FUNCTION usercls.model_tensors(bytea) IS 'the tensors of a safetensors file, with what is in them';

CREATE FUNCTION usercls.grant_model(model text, role name, "right" text) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_grant_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.grant_model(text, name, text) IS
	'give a role, or public, the right score, train or admin on a model';

CREATE FUNCTION usercls.revoke_model(model text, role name, "right" text DEFAULT NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_revoke_model' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.revoke_model(text, name, text) IS
	'take a right on a model from a role, or all rights when none is named';

CREATE FUNCTION usercls.set_model_owner(model text, role name) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_set_model_owner' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.set_model_owner(text, name) IS 'give a model to another role';

CREATE FUNCTION usercls.set_model_comment(model text, comment text, version int DEFAULT NULL) RETURNS void
	AS 'MODULE_PATHNAME', 'usercls_set_model_comment' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.set_model_comment(text, text, int) IS 'say what a model, or one version of it, is for';
