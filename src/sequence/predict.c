/* predict(), score(), prediction_set() and embedding(): one sequence a call. */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "server/errors.h"
#include "server/memory.h"
#include "server/reals.h"
#include "registry/modelcache.h"
#include "registry/registry.h"
#include "sequence/array.h"
#include "sequence/score.h"
#include "sequence/stored.h"

/*
 * Arguments of predict() and score(); the model is a name, or weights. Without a row of attributes all are strict; with one
 * only that may be null: then no attribute is known.
 */
enum
{
	ARG_MODEL,
	ARG_SEQUENCE,
	ARG_CLASS,           /* of score() */
	ARG_PREDICT_ROW = 2, /* of prediction_set() and embedding(), too */
	ARG_SCORE_ROW = 3,
	ARG_SET_COVERAGE = 3 /* behind the row */
};

/* A snapshot, as far as it tells one from another: while it is the same, so is the promoted version. */
typedef struct SnapshotKey
{
	TransactionId xmin, xmax;
	uint32 xcnt;
	int32 subxcnt;
	CommandId curcid;
	Oid user;
} SnapshotKey;

/* Kept between the calls of a query, in fn_extra. */
typedef struct Scoring
{
	SequenceModel *model;  /* NULL: not looked up yet */
	MemoryContext holder;  /* of the model in the cache */
	struct varlena *given; /* the first argument that the model belongs to */
	Size given_size;
	SnapshotKey snapshot; /* by name only */
	const char *name;     /* by name only */
	int32 version;

	AttributeRow *row; /* NULL: no attributes, or none were read so far */
	float attribute[ATTRIBUTES_MAX];
	float *value; /* room for the steps of a sequence */
	size_t room;  /* floats */
	real *prob;   /* C */
	Datum *prob_datum;
	text *class_name; /* score(): the last one asked for, and its index */
	int class_index;
	TupleDesc desc; /* predict() */
} Scoring;

static Scoring *
scoring_of(FunctionCallInfo fcinfo)
{
	Scoring *scoring = fcinfo->flinfo->fn_extra;

	if (!scoring)
	{
		scoring = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(*scoring));
		scoring->holder =
			AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "usercls scoring", ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = scoring;
	}
	return scoring;
}

static SnapshotKey
snapshot_key(void)
{
	const Snapshot snapshot = GetActiveSnapshot();
	SnapshotKey key;

	memset(&key, 0, sizeof(key)); /* compared as bytes */
	key.xmin = snapshot->xmin;
	key.xmax = snapshot->xmax;
	key.xcnt = snapshot->xcnt;
	key.subxcnt = snapshot->subxcnt;
	key.curcid = snapshot->curcid;
	key.user = GetUserId();
	return key;
}

static bool
same_argument(const Scoring *scoring, const struct varlena *given)
{
	return scoring->given && VARSIZE_ANY(given) == scoring->given_size &&
		   memcmp(given, scoring->given, scoring->given_size) == 0;
}

/* Forget the model, and remember the argument that the next one is for: of a toasted value the pointer. */
static void
scoring_reset(Scoring *scoring, const struct varlena *given)
{
	scoring->model = NULL;
	scoring->row = NULL;
	scoring->class_name = NULL;
	MemoryContextReset(scoring->holder);
	scoring->given_size = VARSIZE_ANY(given);
	scoring->given =
		memcpy(memory_array_in(scoring->holder, scoring->given_size, 1), given, scoring->given_size);
}

static void
scoring_use(Scoring *scoring, const void *model)
{
	const MemoryContext old = MemoryContextSwitchTo(scoring->holder);
	SequenceModel *found = (SequenceModel *) model; /* its scorer is a workspace of this session */

	scoring->prob = palloc(sizeof(real) * (size_t) found->C);
	scoring->prob_datum = palloc(sizeof(Datum) * (size_t) found->C);
	scoring->model = found;
	MemoryContextSwitchTo(old);
}

static Scoring *
scoring_by_name(FunctionCallInfo fcinfo)
{
	Scoring *scoring = scoring_of(fcinfo);
	const struct varlena *given = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(ARG_MODEL));
	const SnapshotKey key = snapshot_key();

	if (scoring->model && same_argument(scoring, given) && memcmp(&key, &scoring->snapshot, sizeof(key)) == 0)
		return scoring;

	scoring_reset(scoring, given);

	const MemoryContext old = MemoryContextSwitchTo(scoring->holder);
	const Model *model =
		registry_promoted(text_to_cstring(PG_GETARG_TEXT_PP(ARG_MODEL)), &sequence_kind, RIGHT_SCORE);

	scoring->name = model->name;
	scoring->version = model->version;
	MemoryContextSwitchTo(old);
	scoring_use(scoring, modelcache_get(model, scoring->holder));
	scoring->snapshot = key;
	return scoring;
}

static Scoring *
scoring_by_value(FunctionCallInfo fcinfo)
{
	Scoring *scoring = scoring_of(fcinfo);
	const struct varlena *given = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(ARG_MODEL));

	if (scoring->model && same_argument(scoring, given))
		return scoring;
	scoring_reset(scoring, given);
	scoring_use(scoring, modelcache_get_value(PG_GETARG_BYTEA_P(ARG_MODEL), &sequence_kind, scoring->holder));
	return scoring;
}

/* Fill scoring->attribute from the argument with the row; a call without one needs none. */
static void
read_attributes(Scoring *scoring, FunctionCallInfo fcinfo, int arg)
{
	const Attributes *attributes = &scoring->model->attributes;

	if (attributes->n == 0)
		return;
	if (PG_NARGS() <= arg)
		sequence_model_no_attributes(scoring->model,
									 "Pass a row that has them: usercls.predict(model, seq, members).");
	if (PG_ARGISNULL(arg))
	{
		attributes_unknown(scoring->attribute, attributes);
		return;
	}
	if (!scoring->row)
		scoring->row = attribute_row_make(attributes, scoring->holder);
	attribute_row_read(scoring->attribute, scoring->row, PG_GETARG_DATUM(arg));
}

/* The sequence in the array, with the attributes that were read: a set of one. start: its offsets, the caller's. */
static SequenceSet
read_sequence(size_t start[2], Scoring *scoring, const ArrayType *array)
{
	const SequenceModel *model = scoring->model;
	const size_t F = (size_t) model->F;
	const SequenceOrigin origin = {.model = scoring->name, .window = model->config.window_periods};
	const size_t steps = sequence_array_steps(array, model->F, &origin);

	if (steps * F > scoring->room)
	{
		if (scoring->value)
			pfree(scoring->value);
		scoring->value = NULL;
		scoring->room = steps * F;
		scoring->value = memory_array_in(GetMemoryChunkContext(scoring), scoring->room, sizeof(float));
	}
	sequence_array_values(scoring->value, array, steps * F, &origin);

	const size_t empty = sequence_empty_steps(scoring->value, steps, F);

	start[0] = 0;
	start[1] = steps - empty;
	return (SequenceSet){
		.N = 1, .F = F, .start = start, .value = scoring->value + empty * F, .attribute = scoring->attribute};
}

/* Fill scoring->prob with the probabilities of the sequence in the array and the attributes that were read. */
static void
score_array(Scoring *scoring, const ArrayType *array)
{
	size_t start[2];
	const SequenceSet set = read_sequence(start, scoring, array);

	sequence_probabilities(scoring->prob, sequence_model_scorer(scoring->model, start[1]), &set, 1,
						   (size_t) scoring->model->C);
}

static Datum
predict(FunctionCallInfo fcinfo, Scoring *scoring)
{
	if (!scoring->desc)
	{
		const MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		if (get_call_result_type(fcinfo, NULL, &scoring->desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		scoring->desc = BlessTupleDesc(scoring->desc);
		MemoryContextSwitchTo(old);
	}
	read_attributes(scoring, fcinfo, ARG_PREDICT_ROW);
	score_array(scoring, PG_GETARG_ARRAYTYPE_P(ARG_SEQUENCE));

	const SequenceModel *model = scoring->model;
	const int best = sequence_model_class(model, scoring->prob);

	for (int c = 0; c < model->C; c++)
		scoring->prob_datum[c] = Float8GetDatum((double) scoring->prob[c]);

	ArrayType *probabilities = construct_array(scoring->prob_datum, model->C, FLOAT8OID, sizeof(float8),
											   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	Datum value[] = {model->class_text[best], scoring->prob_datum[best], PointerGetDatum(probabilities),
					 Int32GetDatum(scoring->version)};
	bool null[] = {false, false, false, scoring->version == 0};

	return HeapTupleGetDatum(heap_form_tuple(scoring->desc, value, null));
}

static int
class_index(Scoring *scoring, text *name)
{
	const SequenceModel *model = scoring->model;

	if (scoring->class_name && VARSIZE_ANY_EXHDR(name) == VARSIZE_ANY_EXHDR(scoring->class_name) &&
		memcmp(VARDATA_ANY(name), VARDATA_ANY(scoring->class_name), VARSIZE_ANY_EXHDR(name)) == 0)
		return scoring->class_index;

	const int class = sequence_model_class_named(model, text_to_cstring(name));

	scoring->class_name = DatumGetTextPP(model->class_text[class]);
	scoring->class_index = class;
	return class;
}

static Datum
score(FunctionCallInfo fcinfo, Scoring *scoring, int c)
{
	read_attributes(scoring, fcinfo, ARG_SCORE_ROW);
	score_array(scoring, PG_GETARG_ARRAYTYPE_P(ARG_SEQUENCE));
	PG_RETURN_FLOAT8((double) scoring->prob[c]);
}

/* The numbers of the classes with at least that probability, the most probable first; returns how many. */
static int
likely_classes(int *class, const real *prob, int C, real least)
{
	int n = 0;

	for (int c = 0; c < C; c++)
	{
		int at = n;

		if (prob[c] < least)
			continue;
		for (; at > 0 && prob[class[at - 1]] < prob[c]; at--)
			class[at] = class[at - 1];
		class[at] = c;
		n++;
	}
	return n;
}

static const Conformal *
conformal_of(const SequenceModel *model)
{
	if (!model->conformal)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("model has no prediction sets"),
				 errdetail("They are made of the users that a training held out."),
				 errhint("Train it anew, with a validation that holds out users.")));
	return model->conformal;
}

/* The coverage is the last argument. */
static Datum
prediction_set(FunctionCallInfo fcinfo, Scoring *scoring)
{
	const SequenceModel *model = scoring->model;
	const double coverage = PG_GETARG_FLOAT8(PG_NARGS() - 1);
	int *class = palloc(sizeof(int) * (size_t) model->C);
	Datum *name = palloc(sizeof(Datum) * (size_t) model->C);

	if (!(coverage > 0 && coverage < 1))
		error_out_of_range("coverage", psprintf("%g", coverage), "above 0, below 1");

	const real least = conformal_least(conformal_of(model), coverage);

	read_attributes(scoring, fcinfo, PG_NARGS() > ARG_SET_COVERAGE ? ARG_PREDICT_ROW : PG_NARGS());
	score_array(scoring, PG_GETARG_ARRAYTYPE_P(ARG_SEQUENCE));

	const int n = likely_classes(class, scoring->prob, model->C, least);

	for (int i = 0; i < n; i++)
		name[i] = model->class_text[class[i]];
	PG_RETURN_ARRAYTYPE_P(construct_array(name, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
embedding(FunctionCallInfo fcinfo, Scoring *scoring)
{
	size_t start[2];

	read_attributes(scoring, fcinfo, ARG_PREDICT_ROW);

	const SequenceSet set = read_sequence(start, scoring, PG_GETARG_ARRAYTYPE_P(ARG_SEQUENCE));
	SequenceScorer *scorer = sequence_model_scorer(scoring->model, start[1]);
	ArrayType *numbers = reals_make(seqscorer_width(scorer));

	sequence_embeddings(reals_of(numbers), scorer, &set, 1);
	PG_RETURN_ARRAYTYPE_P(numbers);
}

/* Whether an argument before the row is null. */
static bool
lacks_argument(FunctionCallInfo fcinfo, int before)
{
	for (int i = 0; i < before; i++)
		if (PG_ARGISNULL(i))
			return true;
	return false;
}

PG_FUNCTION_INFO_V1(usercls_predict);
PG_FUNCTION_INFO_V1(usercls_predict_weights);
PG_FUNCTION_INFO_V1(usercls_score);
PG_FUNCTION_INFO_V1(usercls_score_weights);
PG_FUNCTION_INFO_V1(usercls_score_weights_number);

Datum
usercls_predict(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_PREDICT_ROW))
		PG_RETURN_NULL();
	return predict(fcinfo, scoring_by_name(fcinfo));
}

Datum
usercls_predict_weights(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_PREDICT_ROW))
		PG_RETURN_NULL();
	return predict(fcinfo, scoring_by_value(fcinfo));
}

Datum
usercls_score(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_SCORE_ROW))
		PG_RETURN_NULL();
	Scoring *scoring = scoring_by_name(fcinfo);

	return score(fcinfo, scoring, class_index(scoring, PG_GETARG_TEXT_PP(ARG_CLASS)));
}

Datum
usercls_score_weights(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_SCORE_ROW))
		PG_RETURN_NULL();
	Scoring *scoring = scoring_by_value(fcinfo);

	return score(fcinfo, scoring, class_index(scoring, PG_GETARG_TEXT_PP(ARG_CLASS)));
}

/* The class by its number, from 1, as in the probabilities of predict(): no argument has a collation, so foreign servers run it. */
Datum
usercls_score_weights_number(PG_FUNCTION_ARGS)
{
	Scoring *scoring = scoring_by_value(fcinfo);
	const int class = PG_GETARG_INT32(ARG_CLASS);

	if (class < 1 || class > scoring->model->C)
		error_out_of_range("class", psprintf("%d", class),
						   psprintf("1 to %d, the model's classes", scoring->model->C));
	return score(fcinfo, scoring, class - 1);
}

PG_FUNCTION_INFO_V1(usercls_prediction_set);
PG_FUNCTION_INFO_V1(usercls_prediction_set_weights);

/* With a row only that may be null. */
static bool
lacks_set_argument(FunctionCallInfo fcinfo)
{
	return lacks_argument(fcinfo, ARG_PREDICT_ROW) || PG_ARGISNULL(PG_NARGS() - 1);
}

Datum
usercls_prediction_set(PG_FUNCTION_ARGS)
{
	if (lacks_set_argument(fcinfo))
		PG_RETURN_NULL();
	return prediction_set(fcinfo, scoring_by_name(fcinfo));
}

Datum
usercls_prediction_set_weights(PG_FUNCTION_ARGS)
{
	if (lacks_set_argument(fcinfo))
		PG_RETURN_NULL();
	return prediction_set(fcinfo, scoring_by_value(fcinfo));
}

PG_FUNCTION_INFO_V1(usercls_embedding);
PG_FUNCTION_INFO_V1(usercls_embedding_weights);

Datum
usercls_embedding(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_PREDICT_ROW))
		PG_RETURN_NULL();
	return embedding(fcinfo, scoring_by_name(fcinfo));
}

Datum
usercls_embedding_weights(PG_FUNCTION_ARGS)
{
	if (lacks_argument(fcinfo, ARG_PREDICT_ROW))
		PG_RETURN_NULL();
	return embedding(fcinfo, scoring_by_value(fcinfo));
}
