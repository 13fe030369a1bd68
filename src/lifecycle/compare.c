/*
 * compare(): two versions of a model on the same users, none of whom either has learned from.
 *
 *   rows = join(rows of a, rows of b) by user and cutoff: both read up to the same moment
 *   foreach metric: a, b, b - a;  the interval of b - a from replicates in which the same users are drawn for both
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "metrics/intervals.h"
#include "server/arguments.h"
#include "server/idmap.h"
#include "server/memory.h"
#include "server/rows.h"

enum
{
	ARG_MODEL,
	ARG_A,
	ARG_B,
	ARG_SOURCE,
	ARG_EDGES,
	ARG_AS_OF,
	ARG_REPLICATES,
	ARG_SEED
};

/* Two versions, [0] a and [1] b. */
typedef struct Versions
{
	EvaluateCall call[2];
	Predictions rows[2];
} Versions;

static void
find_versions(Versions *of, FunctionCallInfo fcinfo)
{
	for (int v = 0; v < 2; v++)
		of->call[v] = evaluate_call(
			fcinfo, NULL,
			(EvaluateArguments){
				.source = ARG_SOURCE, .edges = ARG_EDGES, .as_of = ARG_AS_OF, .version = ARG_A + v});
}

/* Versions that read up to different moments are compared at the later one: what both held out is known there. */
static void
agree_on_time(EvaluateCall *call)
{
	const TimestampTz at[2] = {registry_as_of(call[0].model), registry_as_of(call[1].model)};

	if (call[0].has_as_of || OidIsValid(call[0].source) || at[0] == at[1])
		return;
	for (int v = 0; v < 2; v++)
	{
		call[v].has_as_of = true;
		call[v].as_of = Max(at[0], at[1]);
	}
}

/* -- The users of both ------------------------------------------------------ */

/* A row of one of the versions; user: its number among those of either. */
typedef struct Place
{
	uint32 user;
	TimestampTz cutoff;
	uint32 row;
} Place;

static int
compare_places(const Place *a, const Place *b)
{
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return a->cutoff < b->cutoff ? -1 : a->cutoff > b->cutoff;
}

#define ST_SORT sort_places
#define ST_ELEMENT_TYPE Place
#define ST_COMPARE(a, b) compare_places(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

static Place *
places(IdMap *ids, const SampleUsers *rows)
{
	Place *place = memory_array(rows->n, sizeof(*place));

	for (size_t i = 0; i < rows->n; i++)
		place[i] = (Place){.user = idmap_add(ids, rows->id[i], idmap_hash(ids, rows->id[i])),
						   .cutoff = rows->cutoff ? rows->cutoff[i] : 0,
						   .row = (uint32) i};
	sort_places(place, rows->n);
	return place;
}

/* The rows of both: n places in each, and the number of each one's user, from 0 on. */
typedef struct Common
{
	size_t n, users;
	uint32 *row[2];
	uint32 *user;
} Common;

static void
add_common(Common *common, const Place *a, const Place *b, bool same_user)
{
	common->users += !same_user;
	common->row[0][common->n] = a->row;
	common->row[1][common->n] = b->row;
	common->user[common->n++] = (uint32) common->users - 1;
}

static Common
common_rows(const Predictions *rows)
{
	IdMap *ids = idmap_create(rows[0].rows.id_type);
	const Place *first = places(ids, &rows[0].rows);
	const Place *place[2] = {first, places(ids, &rows[1].rows)};
	const size_t n[2] = {rows[0].rows.n, rows[1].rows.n};
	const size_t room = Min(n[0], n[1]);
	Common common = {.row = {memory_array(room, sizeof(uint32)), memory_array(room, sizeof(uint32))},
					 .user = memory_array(room, sizeof(uint32))};
	uint32 last = IDMAP_NONE;

	for (size_t i = 0, j = 0; i < n[0] && j < n[1];)
	{
		const int order = compare_places(&place[0][i], &place[1][j]);

		if (order == 0)
		{
			add_common(&common, &place[0][i], &place[1][j], place[0][i].user == last);
			last = place[0][i].user;
		}
		i += order <= 0;
		j += order >= 0;
	}
	idmap_free(ids);
	return common;
}

static void
check_ids(const Versions *of)
{
	if (of->rows[0].rows.id_type != of->rows[1].rows.id_type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("versions %d and %d of model \"%s\" know users by ids of other types",
						of->call[0].model->version, of->call[1].model->version, of->call[0].model->name),
				 errhint("Pass a table of users as source.")));
}

static void
check_common(const Versions *of, const Common *common)
{
	if (common->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("versions %d and %d of model \"%s\" have no held-out user in common",
						of->call[0].model->version, of->call[1].model->version, of->call[0].model->name),
				 errhint("Pass a table of users that neither has seen as source.")));
}

/* -- Do they answer the same question? -------------------------------------- */

static bool
same_classes(const ClassSample *a, const ClassSample *b)
{
	if (a->scores.C != b->scores.C)
		return false;
	for (size_t c = 0; c < a->scores.C; c++)
		if (strcmp(a->classes[c], b->classes[c]) != 0)
			return false;
	return true;
}

static bool
same_arms(const Predictions *a, const Predictions *b)
{
	if (a->treatments != b->treatments)
		return false;
	for (size_t arm = 0; a->arm && arm <= a->treatments; arm++)
		if (strcmp(a->arm_name[arm], b->arm_name[arm]) != 0)
			return false;
	return true;
}

/* Whether what was true of row i of a is what was true of row j of b. */
static bool
same_truth(const Predictions *a, size_t i, const Predictions *b, size_t j)
{
	if (a->classes && a->classes->scores.label[i] != b->classes->scores.label[j])
		return false;
	if (a->outcome && a->outcome[i] != b->outcome[j])
		return false;
	return !a->arm || strcmp(a->arm_name[a->arm[i]], b->arm_name[b->arm[j]]) == 0;
}

static void
check_question(const Versions *of, const Common *common)
{
	const Predictions *const a = &of->rows[0], *const b = &of->rows[1];
	size_t others = 0;

	if (!a->classes == !b->classes && !a->outcome == !b->outcome && same_arms(a, b) &&
		(!a->classes || same_classes(a->classes, b->classes)))
		for (size_t i = 0; i < common->n; i++)
			others += !same_truth(a, common->row[0][i], b, common->row[1][i]);
	else
		others = common->n;
	if (others > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("versions %d and %d of model \"%s\" answer different questions",
						of->call[0].model->version, of->call[1].model->version, of->call[0].model->name),
				 errdetail("Of %zu common users, %zu have another answer that is true.", common->n, others),
				 errhint("Compare versions with the same label, horizon and classes.")));
}

/* -- Their difference -------------------------------------------------------- */

/* The metrics of both, as one set: of each metric a, b and b - a. */
typedef struct Difference
{
	MetricSet *of[2];
	double *value[2];
	uint32 *weight; /* of the rows of a version */
} Difference;

enum
{
	VALUE_A,
	VALUE_B,
	DIFFERENCE,
	VALUES
};

/* weight: how often each user is drawn. */
static void
measure_one(Difference *both, int v, const uint32 *weight)
{
	const MetricSet *set = both->of[v];

	if (weight)
		for (size_t i = 0; i < set->n; i++)
			both->weight[i] = weight[set->user[i]];
	set->measure(both->value[v], set->state, weight ? both->weight : NULL);
}

static void
measure(double *value, void *arg, const uint32 *weight)
{
	Difference *both = arg;

	for (int v = 0; v < 2; v++)
		measure_one(both, v, weight);
	for (int i = 0; i < both->of[0]->rows; i++)
	{
		value[VALUES * i + VALUE_A] = both->value[0][i];
		value[VALUES * i + VALUE_B] = both->value[1][i];
		value[VALUES * i + DIFFERENCE] = both->value[1][i] - both->value[0][i];
	}
}

static MetricSet
difference_set(Difference *both, const Versions *of, const Common *common)
{
	for (int v = 0; v < 2; v++)
	{
		both->of[v] = predictions_set(&of->rows[v], common->row[v], common->n, common->user, common->users);
		both->value[v] = palloc(sizeof(double) * (size_t) both->of[v]->rows);
	}
	both->weight = memory_array(Max(both->of[0]->n, both->of[1]->n), sizeof(uint32));
	return (MetricSet){.rows = VALUES * both->of[0]->rows,
					   .row = palloc0(sizeof(MetricRow) * VALUES * (size_t) both->of[0]->rows),
					   .n = common->users,
					   .measure = measure,
					   .state = both};
}

static void
put_metric(FunctionCallInfo fcinfo, const char *name, const MetricRow *row, size_t n)
{
	Datum value[7] = {CStringGetTextDatum(name)};
	bool null[7] = {false};

	rows_number(value, null, 1, row[VALUE_A].value);
	rows_number(value, null, 2, row[VALUE_B].value);
	rows_number(value, null, 3, row[DIFFERENCE].value);
	rows_number(value, null, 4, row[DIFFERENCE].low);
	rows_number(value, null, 5, row[DIFFERENCE].high);
	value[6] = Int64GetDatum((int64) n);
	rows_put(fcinfo, value, null);
}

PG_FUNCTION_INFO_V1(usercls_compare);
Datum
usercls_compare(PG_FUNCTION_ARGS)
{
	const MemoryContext old = rows_begin(fcinfo);
	const Replicates replicates = replicates_arg(fcinfo, ARG_REPLICATES, ARG_SEED);
	Versions of;
	Difference both;

	find_versions(&of, fcinfo);
	agree_on_time(of.call);
	for (int v = 0; v < 2; v++)
		of.rows[v] = *of.call[v].model->kind->predictions(&of.call[v]);

	check_ids(&of);

	const Common common = common_rows(of.rows);

	check_common(&of, &common);
	check_question(&of, &common);

	MetricSet set = difference_set(&both, &of, &common);

	metric_set_measure(&set, replicates);
	for (int i = 0; i < both.of[0]->rows; i++)
		put_metric(fcinfo, both.of[0]->row[i].name, &set.row[VALUES * i], common.n);
	rows_end(old);
	return (Datum) 0;
}
