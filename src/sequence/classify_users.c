#include "postgres.h"

#include "sequence/classify_users.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "sequence/batch_scorer.h"
#include "server/arguments.h"
#include "server/errors.h"
#include "server/memory.h"
#include "registry/modelcache.h"
#include "work/progress.h"
#include "sequence/request.h"
#include "sequence/score_columns.h"
#include "sequence/user_reasons.h"
#include "sequence/users_attributes.h"
#include "work/train.h"
#include "server/userid.h"

static void
score_users(ClassifiedUsers *all)
{
	const SequenceUsers *users = all->users;
	const size_t C = (size_t) all->model->C;
	BatchScorer *scorer = batch_scorer_start(all->model, users->N, users->longest, users->memory);
	const size_t room = batch_scorer_room(scorer);
	const AttributeCoder *coder = attribute_coder(users, &all->model->attributes);

	for (size_t from = 0; from < users->N; from += room)
	{
		const size_t n = Min(room, users->N - from);

		sequence_fill_part(users, from, n, batch_scorer_offsets(scorer), batch_scorer_values(scorer));
		attribute_coder_fill(batch_scorer_attributes(scorer), coder, from, n);
		memcpy(all->prob + from * C, batch_scorer_run(scorer, n), n * C * sizeof(real));
		progress_rows(from + n);
	}
	for (size_t i = 0; i < users->N; i++)
		all->label[i] = sequence_model_class(all->model, all->prob + i * C);
	batch_scorer_end(scorer);
}

typedef struct Ranked
{
	uint32_t user;
	int32_t label;
	real probability; /* of the label */
} Ranked;

/* Users are in the order of their ids' hashes: ties stay in it. */
static inline int
compare_ranked(const Ranked *a, const Ranked *b)
{
	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	if (a->probability != b->probability)
		return a->probability > b->probability ? -1 : 1;
	return a->user < b->user ? -1 : 1;
}

#define ST_SORT sort_ranked
#define ST_ELEMENT_TYPE Ranked
#define ST_COMPARE(a, b) compare_ranked(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

static void
rank_users(ClassifiedUsers *all)
{
	const size_t N = all->users->N, C = (size_t) all->model->C;
	Ranked *ranked = memory_array(N, sizeof(*ranked));
	uint32_t place = 0, rank = 0;

	for (size_t i = 0; i < N; i++)
		ranked[i] = (Ranked){(uint32_t) i, all->label[i], all->prob[i * C + (size_t) all->label[i]]};
	sort_ranked(ranked, N);
	for (size_t i = 0; i < N; i++)
	{
		const bool first = i == 0 || ranked[i].label != ranked[i - 1].label;

		place = first ? 1 : place + 1;
		if (first || ranked[i].probability != ranked[i - 1].probability)
			rank = place;
		all->order[i] = ranked[i].user;
		all->rank[ranked[i].user] = rank;
	}
	pfree(ranked);
}

ClassifiedUsers *
classify_users_read(const Model *version, SequenceRead read)
{
	ClassifiedUsers *all = palloc0(sizeof(*all));
	SequenceRequest request;

	sequence_request_from_spec(&request, registry_spec(version));
	all->reading = request.reading;
	all->model = modelcache_get(version, CurrentMemoryContext);
	sequence_model_check_spec(all->model, &all->reading);
	progress_phase(PROGRESS_READING);
	read.reading = &all->reading;
	read.labels = SEQUENCE_UNLABELED;
	read.what = read.what ? read.what : "scoring";
	all->users = sequence_read(&read);
	if (!read.only && !read.changed)
		sequence_notice_silent(&all->reading, all->users);
	return all;
}

ClassifiedUsers *
classify_users(const Model *version, const TimestampTz *as_of, const ChangedSince *changed)
{
	ClassifiedUsers *all = classify_users_read(version, (SequenceRead){.as_of = as_of, .changed = changed});

	const size_t N = all->users->N, C = (size_t) all->model->C;
	const size_t bytes = N * (C * sizeof(real) + sizeof(int32_t) + 2 * sizeof(uint32_t) + sizeof(Ranked));

	memory_check(all->users->memory + bytes, "scoring");
	all->prob = memory_array(N * C, sizeof(real));
	all->label = memory_array(N, sizeof(int32_t));
	all->order = memory_array(N, sizeof(uint32_t));
	all->rank = memory_array(N, sizeof(uint32_t));
	progress_phase(PROGRESS_SCORING);
	score_users(all);
	rank_users(all);
	return all;
}

/* What rows have beside the columns that all have. */
typedef struct MoreColumns
{
	bool trend;           /* or null in its place */
	UserReasons *reasons; /* the last column; NULL: there is none such */
} MoreColumns;

/* Of more columns than five, the sixth has the trend, or null. */
static void
put_rows(Tuplestorestate *rows, TupleDesc desc, const ClassifiedUsers *all, const UserIdOutput *id,
		 MoreColumns more)
{
	const int C = all->model->C;
	Datum *prob = palloc(sizeof(Datum) * (size_t) C);
	const MemoryContext row =
		AllocSetContextCreate(CurrentMemoryContext, "usercls row", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(row);
	const int nest_level = sequence_enter_time_zone(&all->reading);

	for (size_t k = 0; k < all->users->N; k++)
	{
		const uint32_t i = all->order[k];
		const int label = all->label[i];
		struct varlena *trend = more.trend ? sequence_trend(all->users, i) : NULL;
		const char *reasons = more.reasons ? user_reasons_text(more.reasons, i) : NULL;

		CHECK_FOR_INTERRUPTS();
		for (int c = 0; c < C; c++)
			prob[c] = Float8GetDatum((double) all->prob[(size_t) i * (size_t) C + (size_t) c]);

		ArrayType *probabilities =
			construct_array(prob, C, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
		Datum value[] = {user_id_datum(id, all->users->id[i]),
						 all->model->class_text[label],
						 prob[label],
						 PointerGetDatum(probabilities),
						 Int64GetDatum(all->rank[i]),
						 PointerGetDatum(trend),
						 reasons ? CStringGetTextDatum(reasons) : (Datum) 0};
		bool null[] = {false, false, false, false, false, trend == NULL, reasons == NULL};

		tuplestore_putvalues(rows, desc, value, null);
		MemoryContextReset(row);
		progress_rows(k + 1);
	}
	AtEOXact_GUC(true, nest_level);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row);
}

enum
{
	ARG_MODEL,
	ARG_AS_OF,
	ARG_ID,
	ARG_WITH_TREND, /* or fewer arguments: then there is no column for it */
	ARG_TOP,        /* the same, for reasons */
	ARG_CLASS,
	ARG_THRESHOLD
};

static ScoreChoice
choice_of(FunctionCallInfo fcinfo, const Model *version)
{
	const ScoreChoice choice = {.class = arg_text_or_null(fcinfo, ARG_CLASS),
								.marks = !PG_ARGISNULL(ARG_THRESHOLD),
								.threshold =
									PG_ARGISNULL(ARG_THRESHOLD) ? 0 : PG_GETARG_FLOAT8(ARG_THRESHOLD),
								.reasons = arg_int(fcinfo, ARG_TOP, "top")};

	if (choice.reasons < 1 || choice.reasons > SCORE_REASONS_MAX)
		error_out_of_range("top", psprintf("%d", choice.reasons), psprintf("1 to %d", SCORE_REASONS_MAX));
	sequence_check_choice(version, &choice);
	return choice;
}

PG_FUNCTION_INFO_V1(usercls_classify_users);

Datum
usercls_classify_users(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const TimestampTz as_of = PG_ARGISNULL(ARG_AS_OF) ? 0 : PG_GETARG_TIMESTAMPTZ(ARG_AS_OF);
	const Model *version =
		registry_promoted(arg_text(fcinfo, ARG_MODEL, "model"), &sequence_kind, RIGHT_SCORE);

	const bool explained = PG_NARGS() > ARG_TOP;
	const ScoreChoice choice = explained ? choice_of(fcinfo, version) : (ScoreChoice){0};

	InitMaterializedSRF(fcinfo, 0);
	progress_start("score", version->name);

	const UserIdOutput id = user_id_output(fcinfo, ARG_ID, sequence_kind.id_type(registry_spec(version)));
	const ClassifiedUsers *all = classify_users(version, PG_ARGISNULL(ARG_AS_OF) ? NULL : &as_of, NULL);

	put_rows(rsinfo->setResult, rsinfo->setDesc, all, &id,
			 (MoreColumns){.trend = PG_NARGS() > ARG_WITH_TREND && arg_bool(fcinfo, ARG_WITH_TREND),
						   .reasons = explained ? user_reasons_make(all, &choice) : NULL});
	progress_end();
	return (Datum) 0;
}

/* -- Only what changed ----------------------------------------------------- */

/* The columns of classify_users(), with reasons or without. */
static TupleDesc
row_shape(Oid id_type, bool explained)
{
	const Oid type[] = {id_type, TEXTOID, FLOAT8OID, FLOAT8ARRAYOID, INT8OID, BYTEAOID, TEXTOID};
	static const char *const name[] = {"user_id", "label", "probability", "probabilities",
									   "rank",    "trend", SCORE_REASONS};
	const int n = explained ? lengthof(type) : lengthof(type) - 2;
	TupleDesc desc = CreateTemplateTupleDesc(n);

	for (int i = 0; i < n; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), name[i], type[i], -1, 0);
	return desc;
}

ChangedScores *
classified_changed(const Model *version, const ChangedSince *changed, Oid id_type, const ScoreChoice *choice)
{
	const ClassifiedUsers *all = classify_users(version, NULL, changed);
	const IdMap *looked_at = all->users->looked_at;
	const UserIdOutput id = user_id_as(id_type, all->users->id_type);
	ChangedScores *scores = changed_scores(row_shape(id_type, choice->reasons > 0));

	put_rows(scores->rows, scores->desc, all, &id,
			 (MoreColumns){.reasons = choice->reasons > 0 ? user_reasons_make(all, choice) : NULL});
	changed_scores_look_at(scores, looked_at, idmap_count(looked_at), &id);
	return scores;
}
