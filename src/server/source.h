/*
 * Reading users' tables: the one way rows come into long work.
 *
 * A query runs through SPI with a DestReceiver of ours, so that a row costs one
 * call and no copy. It runs read-only, under the statement's snapshot, with the
 * rights of the invoker, may use parallel workers, and can be cancelled between
 * two rows.
 *
 * SQL is built from names only through source_quote and quote_identifier;
 * values are parameters.
 */
#ifndef USERCLS_SERVER_SOURCE_H
#define USERCLS_SERVER_SOURCE_H

#include "postgres.h"

#include "access/attnum.h"
#include "access/htup_details.h"
#include "storage/lockdefs.h"

#include "server/idmap.h"

typedef struct SourceColumn
{
	const char *name;   /* as in the catalog, unquoted */
	const char *quoted; /* as SQL text */
	AttrNumber number;
	Oid type; /* domains are looked through */
} SourceColumn;

/*
 * The relation of that name, as SQL text with or without its schema; InvalidOid: there is none, or it is no name. Locked
 * until the transaction ends, unless lock is NoLock.
 */
extern Oid source_find(const char *name, LOCKMODE lock);

/* The role that owns it; InvalidOid: it is gone. */
extern Oid source_owner(Oid relation);

/* How many rows the relation had when it was analysed last; infinity: nobody knows. */
extern double source_rows(Oid relation);

/*
 * The table, view, … as SQL text: "schema"."name". An error when it cannot be read as a table. This and the functions
 * below lock it against changes until the transaction ends, as reading it does.
 */
extern char *source_quote(Oid relation);

/* The column of that name; an error with the nearest name when there is none. */
extern SourceColumn source_column(Oid relation, const char *name);

/* The same for a column that source_number can read: boolean, integers, floats, numeric. */
extern SourceColumn source_number_column(Oid relation, const char *name);
extern bool source_is_number(Oid type);

extern bool source_is_integer(Oid type);

/* Whether values of that type are texts or of an enum. */
extern bool source_is_category(Oid type);

/* A value of such a type as float8. NaN and infinity come through: the caller knows what to say. */
extern double source_number(Datum value, Oid type);

/* An id as text, for messages. */
extern char *source_id_text(Oid type, Datum id);

/* The type as SQL text. */
extern char *source_type(Oid type);

/* The type of arrays of ids, by which they are looked up; an error when there is none. */
extern Oid source_array_type(Oid type);

/* The type's equality operator as SQL text that no search_path changes: "OPERATOR(pg_catalog.=)". */
extern char *source_equality(Oid type);

/*
 * Whether a query for the column's greatest value does better than reading all of its values: an index has it, or the
 * relation is a view or foreign table, whose query may find it elsewhere.
 */
extern bool source_knows_newest(Oid relation, const SourceColumn *column);

/*
 * One row: values and nulls in the order of the SELECT list, valid during the call alone. The current
 * memory context is reset after each row; what has to last is allocated elsewhere.
 */
typedef void (*SourceRow)(void *arg, const Datum *value, const bool *isnull);

/* A query over what users have. */
typedef struct SourceScan
{
	const char *sql;
	int n; /* parameters $1 .. $n; none of them is null */
	const Oid *types;
	const Datum *values;
	bool whole; /* an error when row security would hide rows: training must not shrink its data silently */
	SourceRow row;
	void *arg;
} SourceScan;

/* Run it and call row for each row of its result; returns their number. */
extern uint64 source_scan(const SourceScan *scan);

/* The type of a column of its result (from 1), without running it. */
extern Oid source_scan_type(const SourceScan *scan, int column);

/*
 * Rows as many at a time as a page holds, at most SOURCE_ROWS_MAX: value[j][i] is column j of row i. Memory is as for
 * SourceRow.
 */
typedef void (*SourceRows)(void *arg, uint32 n, const Datum *const *value, const bool *const *isnull);

#define SOURCE_ROWS_MAX MaxHeapTuplesPerPage

/* Columns of a relation. */
typedef struct SourceRead
{
	Oid relation;
	const SourceColumn *columns;
	int n;
	const char *condition; /* as SQL text, or NULL: rows that do not fulfil it need not come, but may */
	int params;            /* $1 .. $params of the condition; none of them is null */
	const Oid *types;
	const Datum *values;
	bool whole;      /* as in SourceScan */
	SourceRows rows; /* or else */
	SourceRow row;   /* with one call for each row; for more than SOURCE_COLUMNS_MAX columns */
	void *arg;
} SourceRead;

#define SOURCE_COLUMNS_MAX 16

/* Whether an extension reads the relation in its own way: a distributed table, for one, whose plans must know all values. */
extern bool source_is_extended(Oid relation);

/*
 * Read them, by far the fastest where the planner would scan a heap from its first page to its last: of a table, of
 * partitions and children, below views. Everything else is read as the plan says.
 */
extern void source_read(const SourceRead *read);

/*
 * The same for a query that runs often: planned once, without looking at the
 * parameters, and kept until it is freed; planned anew each time where an
 * extension reads the relation. It runs again with the rights of
 * whoever is the invoker then. No longer valid: something that it reads has
 * changed its shape or its constraints (it still runs, or says why not).
 */
typedef struct SourcePlan SourcePlan;

extern SourcePlan *source_prepare(const char *sql, Oid relation /* that it reads */, int n, const Oid *types);
extern bool source_plan_valid(const SourcePlan *plan, Oid relation /* that it reads */);
extern void source_plan_free(SourcePlan *plan);
extern uint64 source_run(const SourcePlan *plan, const Datum *values, SourceRow row, void *arg);

#endif
