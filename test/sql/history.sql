-- What is kept of the history of a model: a registry does not grow with every night.
\set SHOW_CONTEXT never
SET client_min_messages = error;
CREATE TABLE history_rows AS
SELECT u::bigint AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, (20 + (u % 3 - 1) * w)::float8 AS spend
FROM generate_series(1, 30) u, generate_series(0, 19) w;
SELECT count(usercls.train_sequence(m, 'history_rows', features => '{spend}', trend_of => 'spend', promote => 'always',
	hyperparams => '{"max_epochs": 2, "hidden_size": 4}')) AS trained
FROM unnest('{history nightly, history by hand, history beside}'::text[]) m;
CREATE VIEW history_kept AS
SELECT m.name AS model, m.last_version AS trained, (SELECT count(*) FROM usercls.model_version v WHERE v.model_id = m.model_id) AS versions,
	r.runs, r.logs, r.first_run, (SELECT count(*) FROM usercls.deployment d WHERE d.model_id = m.model_id) AS deployments
FROM usercls.model m, LATERAL (SELECT count(*) AS runs, (SELECT count(DISTINCT l.run_id) FROM usercls.training_log l
	WHERE l.run_id = ANY (array_agg(t.run_id))) AS logs, bool_or(t.version = 1) AS first_run
	FROM usercls.training_run t WHERE t.model_id = m.model_id) r
WHERE m.name ~ '^history';

-- Sixty nights: what is promoted now, what answered before, and the newest.
\set ECHO none
SELECT $$CALL usercls.retrain('history nightly', promote => 'always', keep_versions => 3, keep_history => 7)$$ FROM generate_series(1, 60) \gexec
\set ECHO all
SELECT * FROM history_kept WHERE model = 'history nightly';
-- The trainings of versions that are kept stay, as old as they are.
CALL usercls.retrain('history nightly', promote => 'always', keep_versions => 9, keep_history => 1);
SELECT v.version, t.run_id IS NOT NULL AS run, l.run_id IS NOT NULL AS log
FROM usercls.versions v LEFT JOIN usercls.training_runs t USING (model, version) LEFT JOIN usercls.training_epochs l ON l.run_id = t.run_id AND l.epoch = 1
WHERE v.model = 'history nightly' ORDER BY 1;
-- Nights that fail do not pile up either.
ALTER TABLE history_rows RENAME spend TO spent;
\set VERBOSITY terse
SELECT $$CALL usercls.retrain('history nightly', keep_history => 3)$$ FROM generate_series(1, 9) \gexec
\set VERBOSITY default
ALTER TABLE history_rows RENAME spent TO spend;
SELECT state, count(*) FROM usercls.training_runs WHERE model = 'history nightly' GROUP BY 1 ORDER BY 1;
-- null keeps all.
CALL usercls.retrain('history nightly', promote => 'never', keep_versions => NULL, keep_history => NULL);
SELECT state, count(*) FROM usercls.training_runs WHERE model = 'history nightly' GROUP BY 1 ORDER BY 1;

-- Six hundred promotions: the default keeps a hundred, and the way back.
SELECT count(usercls.import_model('history by hand', usercls.export_model('history by hand'))) AS versions FROM generate_series(1, 3);
DO $$
BEGIN
	FOR i IN 1..600 LOOP
		PERFORM usercls.promote('history by hand', 1 + i % 4);
	END LOOP;
END $$;
SELECT trained, versions, deployments FROM history_kept WHERE model = 'history by hand';
SELECT usercls.prune_versions('history by hand', 4);
SELECT trained, versions, deployments FROM history_kept WHERE model = 'history by hand';
SELECT usercls.rollback('history by hand', 50) AS before_fifty, promoted_version AS now FROM usercls.models WHERE model = 'history by hand';
-- After a rollback the way back leads past newer deployments: it is kept while these go.
SELECT usercls.prune_versions('history by hand', 4, 2);
SELECT version, action, current FROM usercls.deployments WHERE model = 'history by hand' ORDER BY deployment_id;
SELECT usercls.rollback('history by hand', 2);
SELECT usercls.rollback('history by hand', 2);
-- A training that another session may still be at is kept, whatever came after it.
SELECT min(run_id) AS running FROM usercls.training_runs WHERE model = 'history by hand' \gset
UPDATE usercls.training_run SET version = NULL WHERE run_id = :running;
INSERT INTO usercls.training_run (model_id, role, error) SELECT model_id, owner, 'failed' FROM usercls.model, generate_series(1, 20)
WHERE name = 'history by hand';
SELECT usercls.prune_versions('history by hand', 4, 1);
SELECT run_id = :running AS running, error FROM usercls.training_runs WHERE model = 'history by hand' ORDER BY run_id;

-- Nobody else's history is touched, and no epoch is left without its training.
SELECT * FROM history_kept WHERE model = 'history beside';
SELECT count(*) AS orphans FROM usercls.training_log l WHERE NOT EXISTS (SELECT FROM usercls.training_run t WHERE t.run_id = l.run_id);

CALL usercls.retrain('history beside', keep_history => 0);
SELECT usercls.prune_versions('history beside', 1, -1);
SELECT usercls.prune_versions('history beside', NULL, 1);
SELECT * FROM history_kept WHERE model = 'history beside';
SELECT count(usercls.drop_model(model)) AS dropped FROM usercls.models WHERE model ~ '^history';
DROP VIEW history_kept;
DROP TABLE history_rows;
