/*
 * What a model keeps: versions, and the history of its trainings and deployments.
 *
 *   versions     the newest `versions`, the promoted one, the one that answered before it, and those by which versions of
 *                other models read behaviour
 *   trainings    the newest `history`, those of versions that are kept, and the one that may still be running
 *   deployments  the newest `history`, the one that answers now, and the `history` that a rollback walks from there
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "registry/tables.h"

/* current: the deployment that answers, 0 for none */
static int
prune_versions(const Model *model, int keep, int64 current)
{
	Statement prune = {0};

	statement_add_bigint(&prune, model->model_id);
	statement_add_bigint(&prune, keep);
	statement_add_int(&prune, model->promoted);
	statement_add_bigint(&prune, current);
	return (int) statement_run(&prune, "DELETE FROM usercls.model_version v WHERE v.model_id = $1"
									   " AND v.version NOT IN (SELECT n.version FROM usercls.model_version n"
									   " WHERE n.model_id = $1 ORDER BY n.version DESC LIMIT $2)"
									   " AND v.version <> $3 AND v.version NOT IN (SELECT p.version"
									   " FROM usercls.deployment d JOIN usercls.deployment p"
									   " ON p.deployment_id = d.previous WHERE d.deployment_id = $4)"
									   " AND NOT EXISTS (SELECT FROM usercls.model m, usercls.model_version r"
									   " WHERE m.model_id = $1 AND r.spec ->> 'behaviour' = m.name"
									   " AND r.spec ->> 'behaviour_version' = v.version::text)");
}

static void
prune_runs(int64 model_id, int keep)
{
	Statement prune = {0};

	statement_add_bigint(&prune, model_id);
	statement_add_bigint(&prune, keep);
	statement_run(&prune, "WITH gone AS (DELETE FROM usercls.training_run t WHERE t.model_id = $1"
						  " AND t.run_id NOT IN (SELECT n.run_id FROM usercls.training_run n"
						  " WHERE n.model_id = $1 ORDER BY n.run_id DESC LIMIT $2)"
						  " AND NOT EXISTS (SELECT FROM usercls.model_version v"
						  " WHERE v.model_id = t.model_id AND v.version = t.version)"
						  " AND t.run_id IS DISTINCT FROM (SELECT max(u.run_id) FROM usercls.training_run u"
						  " WHERE u.model_id = $1 AND u.version IS NULL AND u.error IS NULL)"
						  " RETURNING t.run_id)"
						  " DELETE FROM usercls.training_log l USING gone WHERE l.run_id = gone.run_id");
}

static void
prune_deployments(int64 model_id, int keep, int64 current)
{
	Statement prune = {0};

	statement_add_bigint(&prune, model_id);
	statement_add_bigint(&prune, keep);
	statement_add_bigint(&prune, current);
	statement_run(&prune, "WITH RECURSIVE way AS ("
						  " SELECT d.deployment_id, d.previous, 0::bigint AS step FROM usercls.deployment d"
						  "  WHERE d.deployment_id = $3"
						  " UNION ALL SELECT p.deployment_id, p.previous, way.step + 1"
						  "  FROM way JOIN usercls.deployment p ON p.deployment_id = way.previous"
						  "  WHERE way.step < $2)"
						  " DELETE FROM usercls.deployment d WHERE d.model_id = $1"
						  " AND d.deployment_id NOT IN (SELECT way.deployment_id FROM way)"
						  " AND d.deployment_id NOT IN (SELECT n.deployment_id FROM usercls.deployment n"
						  " WHERE n.model_id = $1 ORDER BY n.deployment_id DESC LIMIT $2)");
}

int
registry_prune(Model *model, int versions, int history)
{
	RegistryAccess access;
	int gone = 0;

	registry_enter(&access);

	const int64 current = registry_lock(model);

	if (versions > 0)
		gone = prune_versions(model, versions, current);
	if (history > 0)
	{
		prune_runs(model->model_id, history);
		prune_deployments(model->model_id, history, current);
	}
	registry_leave(&access);
	return gone;
}

void
registry_prune_runs(int64 model_id, int history)
{
	RegistryAccess access;

	if (history == 0)
		return;
	registry_enter(&access);
	prune_runs(model_id, history);
	registry_leave(&access);
}
