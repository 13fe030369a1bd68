/* classify_sequences(): a table of users and their sequences, read whole and scored in batches. */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "sequence/batch_scorer.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "registry/modelcache.h"
#include "work/progress.h"
#include "registry/registry.h"
#include "sequence/array.h"
#include "server/source.h"
#include "work/train.h"
#include "server/userid.h"

enum
{
	ARG_MODEL,
	ARG_SOURCE,
	ARG_USER_COLUMN,
	ARG_SEQUENCE_COLUMN,
	ARG_ID
};

/* The users and sequences that were read; the arrays grow in `context`, so that their memory can be counted. */
typedef struct Sequences
{
	const char *model;
	int window; /* as in SequenceOrigin */
	const char *relation;
	SourceColumn user;
	int16 id_length;
	bool id_by_value;
	size_t F;
	const Attributes *attributes;
	const SourceColumn *column; /* of each of them */
	MemoryContext context;

	size_t N, longest;
	Datum *id;        /* room */
	size_t *start;    /* room + 1 */
	float *attribute; /* room × attributes */
	float *value;     /* value_room */
	size_t room, value_room;
} Sequences;

static size_t
sequences_memory(const Sequences *all)
{
	return MemoryContextMemAllocated(all->context, false);
}

static void
sequences_reserve(Sequences *all, size_t values)
{
	const size_t needed = all->start[all->N] * all->F + values;

	if (all->N == all->room)
	{
		memory_check(sequences_memory(all) + all->room * (sizeof(Datum) + sizeof(size_t) +
														  sizeof(float) * (size_t) all->attributes->n),
					 "scoring");
		all->room *= 2;
		all->id = memory_array_resize(all->context, all->id, all->room, sizeof(Datum));
		all->start = memory_array_resize(all->context, all->start, all->room + 1, sizeof(size_t));
		all->attribute = memory_array_resize(all->context, all->attribute,
											 all->room * (size_t) all->attributes->n, sizeof(float));
	}
	if (needed > all->value_room)
	{
		const size_t room = Max(needed, 2 * all->value_room);

		memory_check(sequences_memory(all) + (room - all->value_room) * sizeof(float), "scoring");
		all->value_room = room;
		all->value = memory_array_resize(all->context, all->value, room, sizeof(float));
	}
}

/* value: of the attributes' columns. */
static void
read_attributes(Sequences *all, const Datum *value, const bool *isnull)
{
	const Attributes *attributes = all->attributes;
	float *to = all->attribute + all->N * (size_t) attributes->n;

	attributes_unknown(to, attributes);
	for (int a = 0; a < attributes->n; a++)
		if (!isnull[a])
			to[a] = attribute_value(&attributes->of[a], value[a], all->column[a].type);
}

static void
read_sequence(void *arg, const Datum *value, const bool *isnull)
{
	Sequences *all = arg;

	if (isnull[0])
		error_null_id(all->relation, all->user.name);
	if (isnull[1])
		return;

	const ArrayType *array = DatumGetArrayTypeP(value[1]);
	const SequenceOrigin origin = {
		.model = all->model, .window = all->window, .id_type = all->user.type, .id = value[0]};
	const size_t steps = sequence_array_steps(array, (int) all->F, &origin);

	sequences_reserve(all, steps * all->F);

	const size_t begin = all->start[all->N];
	float *to = all->value + begin * all->F;

	sequence_array_values(to, array, steps * all->F, &origin);

	const size_t empty = sequence_empty_steps(to, steps, all->F);

	if (empty > 0)
		memmove(to, to + empty * all->F, (steps - empty) * all->F * sizeof(float));
	read_attributes(all, value + 2, isnull + 2);
	if (all->id_by_value)
		all->id[all->N] = value[0];
	else
	{
		const MemoryContext old = MemoryContextSwitchTo(all->context);

		all->id[all->N] = datumCopy(value[0], false, all->id_length);
		MemoryContextSwitchTo(old);
	}
	all->longest = Max(all->longest, steps - empty);
	all->start[++all->N] = begin + steps - empty;
	if (all->N % 65536 == 0)
		progress_rows(all->N);
}

/* The columns of the attributes' names, which are added to the query. */
static const SourceColumn *
attribute_columns(StringInfo sql, Oid relation, const Attributes *attributes)
{
	SourceColumn *column = palloc(sizeof(SourceColumn) * (size_t) Max(attributes->n, 1));

	for (int a = 0; a < attributes->n; a++)
	{
		column[a] = source_column(relation, attributes->of[a].name);
		appendStringInfo(sql, ", %s", column[a].quoted);
	}
	return column;
}

static Sequences *
read_sequences(const SequenceModel *model, const char *name, Oid relation, const char *user,
			   const char *sequence)
{
	Sequences *all = palloc0(sizeof(*all));
	StringInfoData sql;

	all->model = name;
	all->window = model->config.window_periods;
	all->relation = get_rel_name(relation);
	all->F = (size_t) model->F;
	all->attributes = &model->attributes;
	all->context = AllocSetContextCreate(CurrentMemoryContext, "usercls sequences", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&sql);

	const char *from = source_quote(relation);

	all->user = source_column(relation, user);
	get_typlenbyval(all->user.type, &all->id_length, &all->id_by_value);
	appendStringInfo(&sql, "SELECT %s, %s::pg_catalog.float8[]", all->user.quoted,
					 source_column(relation, sequence).quoted);
	all->column = attribute_columns(&sql, relation, all->attributes);
	appendStringInfo(&sql, " FROM %s", from);

	const MemoryContext old = MemoryContextSwitchTo(all->context);

	all->room = 1024;
	all->value_room = all->room;
	all->id = palloc(all->room * sizeof(Datum));
	all->start = palloc((all->room + 1) * sizeof(size_t));
	all->value = palloc(all->value_room * sizeof(float));
	all->attribute = palloc(all->room * sizeof(float) * (size_t) Max(all->attributes->n, 1));
	all->start[0] = 0;
	MemoryContextSwitchTo(old);
	source_scan(&(SourceScan){.sql = sql.data, .row = read_sequence, .arg = all});
	return all;
}

static void
fill_part(BatchScorer *scorer, const Sequences *all, size_t from, size_t n)
{
	const size_t begin = all->start[from];
	size_t *start = batch_scorer_offsets(scorer);

	for (size_t i = 0; i <= n; i++)
		start[i] = all->start[from + i] - begin;
	memcpy(batch_scorer_attributes(scorer), all->attribute + from * (size_t) all->attributes->n,
		   n * sizeof(float) * (size_t) all->attributes->n);
	memcpy(batch_scorer_values(scorer), all->value + begin * all->F, start[n] * all->F * sizeof(float));
}

static void
put_part(ReturnSetInfo *rsinfo, const SequenceModel *model, const UserIdOutput *output, const Datum *id,
		 const real *prob, size_t n, MemoryContext row)
{
	const int C = model->C;
	Datum *p = palloc(sizeof(Datum) * (size_t) C);
	const MemoryContext old = MemoryContextSwitchTo(row);

	for (size_t i = 0; i < n; i++, prob += C)
	{
		const int label = sequence_model_class(model, prob);
		static const bool null[4] = {false};

		CHECK_FOR_INTERRUPTS();
		for (int c = 0; c < C; c++)
			p[c] = Float8GetDatum((double) prob[c]);

		ArrayType *probabilities =
			construct_array(p, C, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
		Datum value[] = {user_id_datum(output, id[i]), model->class_text[label], p[label],
						 PointerGetDatum(probabilities)};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, (bool *) null);
		MemoryContextReset(row);
	}
	MemoryContextSwitchTo(old);
	pfree(p);
}

PG_FUNCTION_INFO_V1(usercls_classify_sequences);

Datum
usercls_classify_sequences(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const Model *version =
		registry_promoted(arg_text(fcinfo, ARG_MODEL, "model"), &sequence_kind, RIGHT_SCORE);
	const SequenceModel *model = modelcache_get(version, CurrentMemoryContext);
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);

	const Oid relation = arg_table(fcinfo, ARG_SOURCE, "source");
	const char *user = arg_name(fcinfo, ARG_USER_COLUMN, "user_column");
	const char *sequence = arg_name(fcinfo, ARG_SEQUENCE_COLUMN, "sequence_column");
	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, source_column(relation, user).type);

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", version->name);
	progress_phase(PROGRESS_READING);

	const Sequences *all = read_sequences(model, version->name, relation, user, sequence);
	BatchScorer *scorer = batch_scorer_start(model, all->N, all->longest, sequences_memory(all));
	const size_t room = batch_scorer_room(scorer);

	progress_phase(PROGRESS_SCORING);
	for (size_t from = 0; from < all->N; from += room)
	{
		const size_t n = Min(room, all->N - from);

		fill_part(scorer, all, from, n);
		put_part(rsinfo, model, &id, all->id + from, batch_scorer_run(scorer, n), n, row);
		progress_rows(from + n);
	}
	batch_scorer_end(scorer);
	progress_end();
	return (Datum) 0;
}
