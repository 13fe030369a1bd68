/*
 * Trends of many users at once, in bounded memory.
 *
 * Rows wait in batches for their users' entries and slots: see server/waiting.h.
 *
 * When the users do not fit, the table keeps those whose hash lies in a range,
 * forgets the others, and tells the caller to read the rows again for the next
 * range:
 *
 *   do
 *       read all rows with trend_table_add; then trend_table_end
 *       take the users' trends
 *   while (trend_table_next(table));
 */
#ifndef USERCLS_LABELER_USER_TABLE_H
#define USERCLS_LABELER_USER_TABLE_H

#include "postgres.h"

#include "labeler/state.h"
#include "labeler/periods.h"

typedef struct TrendTable TrendTable;

/*
 * Ids must be hashable. periods is the caller's, and stays. limit: bytes, exceeded by one user's trend or by a
 * sixty-fourth at most.
 */
extern TrendTable *trend_table_create(Oid id_type, Periods *periods, size_t limit);

/*
 * n rows: finite values in periods of the window. PERIOD_NONE, in a given window alone: a row without a value, whose
 * user has a trend all the same.
 */
extern void trend_table_add(TrendTable *table, uint32 n, const Datum *id, const int64 *period,
							const double *value);

/* All rows of this pass were added. */
extern void trend_table_end(TrendTable *table);

extern uint32 trend_table_count(const TrendTable *table);
extern Datum trend_table_id(const TrendTable *table, uint32 user);
extern const TrendState *trend_table_state(const TrendTable *table, uint32 user);

/* Make ready for the users that did not fit; false when there are none. */
extern bool trend_table_next(TrendTable *table);

#endif
