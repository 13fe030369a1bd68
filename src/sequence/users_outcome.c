/*
 * Labels by an outcome: an aggregate expression over the rows of the horizon, by one query that the planner sees.
 *
 *   nothing = SELECT outcome of no rows
 *   value[user] = nothing, of each user
 *   foreach (user, outcome) in SELECT user, outcome FROM source WHERE as_of < time <= end GROUP BY user:
 *     value[user] = outcome, when he was there before as_of
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "sequence/users_cells.h"
#include "server/errors.h"
#include "server/expression.h"
#include "server/memory.h"

typedef struct Outcome
{
	ClassList *list; /* NULL: the outcome is a number */
	Oid type;
	double no_number; /* then, of no rows; NaN: null */
	double *number;   /* and of each id's number, while it is asked for */
	uint32 nothing;   /* number of the value of no rows; IDMAP_NONE: null */
	const SequenceCells *cells;
	uint32 *value; /* of each id's number, while it is asked for */
} Outcome;

/* A SourceRow; value[]: the outcome of no rows. */
static void
read_nothing(void *arg, const Datum *value, const bool *isnull)
{
	Outcome *outcome = arg;

	if (outcome->list)
		outcome->nothing = isnull[0] ? IDMAP_NONE : classes_number(outcome->list, value[0]);
	else
		outcome->no_number = isnull[0] ? NAN : source_number(value[0], outcome->type);
}

/* A SourceRow; value[]: user, outcome. Whoever was not there before as_of is nobody's user. */
static void
read_outcome(void *arg, const Datum *value, const bool *isnull)
{
	Outcome *outcome = arg;
	const SequenceCells *cells = outcome->cells;

	if (isnull[0])
		error_null_id(cells->relation, cells->user.name);

	const uint32 user = idmap_find(cells->ids, value[0], idmap_hash(cells->ids, value[0]));

	if (user == IDMAP_NONE)
		return;
	if (outcome->list)
		outcome->value[user] = isnull[1] ? IDMAP_NONE : classes_number(outcome->list, value[1]);
	else
		outcome->number[user] =
			isnull[1] ? NAN : cells_number(cells, "outcome", outcome->type, value[1], value[0]);
}

/* Numbers with a fraction are predicted as numbers, even those that happen to be whole. */
static bool
is_fractional(Oid type)
{
	return type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID;
}

static void
check_type(const char *expression, Oid type)
{
	if (!classes_named_by(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the outcome is neither a class nor a number"),
				 errdetail("%s has type %s.", expression, format_type_be(type)),
				 errhint("The values of a boolean, an integer, a text or an enum are classes; those of type "
						 "numeric, real or double precision are numbers.")));
}

/* That of the first cutoff, where the expression is checked. */
static void
begin(Outcome *outcome, const SequenceReading *reading)
{
	const SourceScan nothing = {.sql = psprintf("SELECT (%s\n) FROM %s WHERE false", reading->outcome,
												source_quote(reading->relation)),
								.row = read_nothing,
								.arg = outcome};
	const Oid type = expression_type("outcome", &nothing, 1);

	check_type(reading->outcome, type);
	outcome->type = type;
	outcome->list = is_fractional(type) ? NULL : classes_create(type, "outcome");
	if (expression_scan("outcome", &nothing) != 1)
		ereport(ERROR, (errcode(ERRCODE_GROUPING_ERROR), errmsg("the outcome is not an aggregate"),
						errdetail("%s says nothing of a user without rows.", reading->outcome),
						errhint("Aggregate the user's rows: bool_or(...), count(*), sum(...).")));
}

Outcome *
outcome_create(const SequenceCells *cells, const Outcome *first)
{
	Outcome *outcome = palloc0(sizeof(*outcome));

	if (first)
		*outcome = (Outcome){.list = first->list,
							 .nothing = first->nothing,
							 .type = first->type,
							 .no_number = first->no_number};
	else
		begin(outcome, cells->reading);
	outcome->cells = cells;
	return outcome;
}

static void
read_outcomes(Outcome *outcome)
{
	const SequenceCells *cells = outcome->cells;
	const uint32 n = idmap_count(cells->ids);
	const Window *window = &cells->window;
	const Oid type[] = {window->type, window->type};
	const Datum bound[] = {Int64GetDatum(window->at), Int64GetDatum(window->periods.end)};

	outcome->value = memory_array(n, sizeof(uint32));
	outcome->number = outcome->list ? NULL : memory_array(n, sizeof(double));
	for (uint32 i = 0; i < n; i++)
		outcome->value[i] = outcome->nothing;
	for (uint32 i = 0; !outcome->list && i < n; i++)
		outcome->number[i] = outcome->no_number;
	expression_scan(
		"outcome",
		&(SourceScan){.sql = psprintf("SELECT %s, (%s\n) FROM %s WHERE %s OPERATOR(pg_catalog.>) $1"
									  " AND %s OPERATOR(pg_catalog.<=) $2 GROUP BY %s",
									  cells->user.quoted, cells->reading->outcome,
									  source_quote(cells->reading->relation), cells->time.quoted,
									  cells->time.quoted, cells->user.quoted),
					  .n = 2,
					  .types = type,
					  .values = bound,
					  .whole = cells->whole,
					  .row = read_outcome,
					  .arg = outcome});
}

static void
label_by_class(SequenceUsers *users)
{
	int32 *class_of;

	users->classes = classes_finish(users->cells[0]->outcome->list, &class_of, &users->C);
	for (size_t i = 0; i < users->N; i++)
	{
		const uint32 value = row_cells(users, i)->outcome->value[users->in_cells[i]];

		users->label[i] = value == IDMAP_NONE ? -1 : class_of[value];
	}
}

void
label_by_outcome(SequenceUsers *users, const NumberRanges *ranges, bool must)
{
	for (int at = 0; at < users->cutoffs; at++)
		read_outcomes(users->cells[at]->outcome);
	if (users->cells[0]->outcome->list)
	{
		label_by_class(users);
		return;
	}
	users->number = memory_array(users->N, sizeof(double));
	for (size_t i = 0; i < users->N; i++)
		users->number[i] = row_cells(users, i)->outcome->number[users->in_cells[i]];
	label_by_number(users, ranges, must);
}
