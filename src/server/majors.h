/* Where the server's majors differ: written for 15, spelt for the newer ones here. Comes right after postgres.h. */
#ifndef USERCLS_SERVER_MAJORS_H
#define USERCLS_SERVER_MAJORS_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#define pgstat_fetch_stat_local_beentry pgstat_get_local_beentry_by_index
#define t_counts counts
#define t_tuples_returned tuples_returned
#define pg_class_ownercheck(relation, role) object_ownercheck(RelationRelationId, relation, role)
#endif

/* An Append whose children the executor may leave out; and a query run to its end. */
#if PG_VERSION_NUM >= 180000
#define append_prunes(append) ((append)->part_prune_index >= 0)
#define executor_run(query) ExecutorRun(query, ForwardScanDirection, 0)
#else
#define append_prunes(append) ((append)->part_prune_info != NULL)
#define executor_run(query) ExecutorRun(query, ForwardScanDirection, 0, true)
#endif

#if PG_VERSION_NUM >= 180000
#define pg_attribute_noreturn() __attribute__((noreturn))
#endif

#endif
