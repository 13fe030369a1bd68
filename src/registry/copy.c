/*
 * A registry that logical replication fills: models answer here, and are made, promoted and granted where they come from.
 *
 * The rows that a subscription brings are written by its apply worker, which calls none of our functions. A version or a
 * deployment of our own beside them would take numbers that the original gives to others, and stop the subscription.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "registry/registry.h"
#include "registry/tables.h"

/* A subscription that writes the table; InvalidOid: none does. */
static Oid
subscription_of(Oid relation)
{
	const Relation subscribed = table_open(SubscriptionRelRelationId, AccessShareLock);
	ScanKeyData key;
	Oid subscription = InvalidOid;

	ScanKeyInit(&key, Anum_pg_subscription_rel_srrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));

	const SysScanDesc scan =
		systable_beginscan(subscribed, SubscriptionRelSrrelidSrsubidIndexId, true, NULL, 1, &key);
	const HeapTuple tuple = systable_getnext(scan);

	if (HeapTupleIsValid(tuple))
		subscription = ((Form_pg_subscription_rel) GETSTRUCT(tuple))->srsubid;
	systable_endscan(scan);
	table_close(subscribed, AccessShareLock);
	return subscription;
}

void
registry_refuse_copy(void)
{
	const Oid subscription = subscription_of(registry_relation("model"));
	const char *name = OidIsValid(subscription) ? get_subscription_name(subscription, true) : NULL;

	if (name)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the models of this database are copies"),
				 errdetail("The subscription \"%s\" brings them from another server.", name),
				 errhint("Train, import, promote, grant and drop models there: it is seen here as soon as it "
						 "is replicated.")));
}
