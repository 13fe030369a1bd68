/*
 * The inputs of behaviour:
 *
 *   version = the recorded version of the sequence model, whose digest must be the recorded one
 *   rows of users (some, by index lookups, or all) up to as_of or the end of the data -> what the head reads of each
 *   foreach user of the graph: his numbers, by his id, or NaN
 */
#include "postgres.h"

#include "uplift/behaviour.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "sequence/embed_users.h"
#include "server/errors.h"
#include "server/jsonbuild.h"
#include "server/memory.h"
#include "server/notices.h"
#include "server/request.h"
#include "server/source.h"
#include "server/userid.h"

static const char *
digest_text(const uint8 *digest)
{
	char *text = palloc(2 * MODEL_DIGEST + 1);

	for (int i = 0; i < MODEL_DIGEST; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

static void
pg_attribute_noreturn() error_version(const UpliftRequest *request, const char *why)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
		 errmsg("behaviour needs version %d of model \"%s\"", request->behaviour_version, request->behaviour),
		 errdetail("%s", why),
		 errhint("Import the sequence model's version again, from an export, and give its number as "
				 "behaviour_version in the spec of an import of this one; or train anew.")));
}

/* Whether the user may still score with the recorded version. */
static bool
is_there(const UpliftRequest *request)
{
	const Model *model = registry_find_or_new(request->behaviour, RIGHT_SCORE);

	return model && registry_has_version(model, request->behaviour_version);
}

/* The version that the request has recorded. */
static const Model *
recorded_version(const UpliftRequest *request)
{
	const Model *version = embed_version(request->behaviour, request->behaviour_version);

	if (!version)
		error_version(request, "It was recorded by the training, and is there no longer.");
	if (strcmp(digest_text(version->digest), request->behaviour_digest) != 0)
		error_version(request, "The version of this number has other weights than the recorded one.");
	return version;
}

/* -- Training ------------------------------------------------------------- */

static void
check_time(const UpliftRequest *request, bool has_times)
{
	if (has_times && !request->has_as_of)
		ereport(
			ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("behaviour needs as_of"),
			 errdetail(
				 "Features must not see what the treatment changed, and the tables do not say when it was."),
			 errhint("Pass the moment before which nobody was treated as as_of.")));
	if (!has_times && request->has_as_of)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("behaviour has no times"),
				 errdetail("Model \"%s\" reads a sequence from one row of each user.", request->behaviour),
				 errhint("Leave as_of out, and see that the sequences end before the treatment.")));
}

static void
check_width(const UpliftRequest *request, size_t width)
{
	if (width > ELEMENTS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("model \"%s\" gives too many inputs", request->behaviour),
				 errdetail("It has %zu numbers of a user; behaviour takes up to %d.", width, ELEMENTS_MAX),
				 errhint("Train a gru on the same sequences, or a minirocket with a smaller num_features.")));
}

void
behaviour_begin(UpliftRequest *request)
{
	if (!request->behaviour)
	{
		if (request->has_as_of)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("as_of is given without behaviour"),
					 errdetail("The tables of users and edges have no times."),
					 errhint("Pass the sequence model to read as behaviour, or leave as_of out.")));
		return;
	}

	for (int f = 0; f < request->F; f++)
		if (strcmp(request->feature[f], BEHAVIOUR_COLUMN) == 0)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("a feature is called \"%s\"", BEHAVIOUR_COLUMN),
							errdetail("That is the name of what the model \"%s\" reads.", request->behaviour),
							errhint("Rename the column in a view, or leave it out of features.")));

	const Model *version =
		request->behaviour_version ? recorded_version(request) : embed_promoted(request->behaviour);

	request->behaviour_version = version->version;
	request->behaviour_digest = digest_text(version->digest);
	check_time(request, embed_has_times(version));
	check_width(request, embed_width(version));
}

/* A label that the sequence model learned after the treatment may be what the treatment made of a user. */
static void
tell_learned_later(const UpliftRequest *request)
{
	const TimestampTz learned = registry_as_of(recorded_version(request));

	if (request->has_as_of && learned > request->as_of)
		notice_send(
			NOTICE, psprintf("model \"%s\" has learned from what came after as_of", request->behaviour),
			psprintf("Version %d reads up to %s, and the treatment began after %s.",
					 request->behaviour_version, jsonb_time_text(learned), jsonb_time_text(request->as_of)),
			"Train it with an as_of, and labels, from before the treatment.");
}

/* Periods that are empty for everybody are read by the training, and by no score. */
static void
warn_beyond(const UpliftRequest *request)
{
	TimestampTz end;

	if (request->has_as_of && embed_is_beyond(&end, recorded_version(request), request->as_of))
		notice_send(
			WARNING, psprintf("as_of is later than the behaviour of model \"%s\"", request->behaviour),
			psprintf(
				"Its rows end at %s, and users are read up to %s: their last periods are empty, as those "
				"of scores are not.",
				jsonb_time_text(end), jsonb_time_text(request->as_of)),
			"Pass an as_of up to which there are rows.");
}

void
behaviour_tell(const UpliftRequest *request, size_t N, size_t unknown)
{
	if (!request->behaviour)
		return;

	const char *until = request->has_as_of ? jsonb_time_text(request->as_of) : "the treatment";

	if (unknown == N)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("model \"%s\" knows no user of \"%s\"", request->behaviour,
							   get_rel_name(request->users)),
						errdetail("Of %zu users none has a row before %s.", N, until),
						errhint("Check as_of, and that the ids are those of the sequence model's table.")));
	notice_send(NOTICE,
				psprintf("behaviour is read by version %d of model \"%s\"", request->behaviour_version,
						 request->behaviour),
				psprintf("Of %zu users %zu have rows before %s.", N, N - unknown, until),
				"Scores read up to the end of the data; to measure, users are read as of the training.");
	tell_learned_later(request);
	warn_beyond(request);
}

static const char *
spec_digest(const Jsonb *spec)
{
	return spec ? spec_text(spec, "behaviour_digest") : NULL;
}

bool
behaviour_goes_on(const UpliftRequest *request, const Jsonb *spec)
{
	const char *digest = spec_digest(spec);

	if (!request->behaviour || !digest)
		return !request->behaviour && !digest;
	return strcmp(request->behaviour_digest, digest) == 0;
}

const char *
behaviour_take(UpliftRequest *request, const Jsonb *spec)
{
	if (!spec_digest(spec))
	{
		request->behaviour = NULL;
		return NULL;
	}
	if (!request->has_as_of)
		return "it reads behaviour, and the new version does not say up to when";
	request->behaviour = spec_need(spec, "behaviour");
	request->behaviour_version = (int32) spec_int(spec, "behaviour_version");
	request->behaviour_digest = spec_digest(spec);
	return is_there(request) ? NULL : "the version of the sequence model that it reads behaviour by is gone";
}

int
behaviour_width(const UpliftRequest *request)
{
	return request->behaviour ? (int) embed_width(recorded_version(request)) : 0;
}

/* -- Ids ------------------------------------------------------------------ */

/* How ids of users become those of the sequence model's table. */
typedef struct IdWay
{
	Oid from, to;
	bool integers; /* of two types */
	UserIdOutput cast;
} IdWay;

static IdWay
way_between(const UpliftRequest *request, Oid from, Oid to)
{
	IdWay way = {
		.from = from, .to = to, .integers = from != to && source_is_integer(from) && source_is_integer(to)};

	if (!way.integers && !user_id_find(&way.cast, to, from))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("users and behaviour have ids of different types"),
				 errdetail("Those of \"%s\" are of type %s, and those that model \"%s\" reads of type %s.",
						   get_rel_name(request->users), format_type_be(from), request->behaviour,
						   format_type_be(to)),
				 errhint("Cast one of them in a view, and train on the view.")));
	return way;
}

/* false: no id of that type is this integer. */
static bool
integer_as(Datum *out, int64 value, Oid type)
{
	if (type == INT2OID)
		*out = Int16GetDatum((int16) value);
	else if (type == INT4OID)
		*out = Int32GetDatum((int32) value);
	else
		*out = Int64GetDatum(value);
	return type == INT8OID || (type == INT4OID ? value == (int32) value : value == (int16) value);
}

static bool
id_as(Datum *out, const IdWay *way, Datum id)
{
	if (way->integers)
		return integer_as(out, (int64) source_number(id, way->from), way->to);
	*out = user_id_datum(&way->cast, id);
	return true;
}

/* -- Filling -------------------------------------------------------------- */

static EmbeddedUsers *
embedded(const BehaviourFill *fill, const Model *version, const IdWay *way)
{
	const UpliftRequest *request = fill->request;
	Datum *only = fill->few ? memory_array(fill->N, sizeof(Datum)) : NULL;
	size_t n = 0;

	for (size_t i = 0; fill->few && i < fill->N; i++)
		n += id_as(&only[n], way, fill->id[i]);
	return embed_users(&(EmbedRequest){.version = version,
									   .as_of = fill->now || !request->has_as_of ? NULL : &request->as_of,
									   .only = only,
									   .n = n,
									   .whole = fill->whole,
									   .held = fill->held,
									   .what = fill->what});
}

static uint32
row_of(const EmbeddedUsers *all, const IdWay *way, Datum id)
{
	Datum as;

	return id_as(&as, way, id) ? idmap_find(all->ids, as, idmap_hash(all->ids, as)) : IDMAP_NONE;
}

static void
fill_user(float *out, const EmbeddedUsers *all, uint32 row)
{
	for (size_t f = 0; f < all->width; f++)
		out[f] = row == IDMAP_NONE ? NAN : (float) all->value[row * all->width + f];
}

static void
fill_users(const BehaviourFill *fill)
{
	const UpliftInputs *inputs = fill->inputs;
	const Model *version = recorded_version(fill->request);
	const IdWay way = way_between(fill->request, fill->id_type, embed_id_type(version));
	const EmbeddedUsers *all = embedded(fill, version, &way);
	size_t unknown = 0;

	if (all->width != (size_t) inputs->behaviour_n)
		error_version(fill->request, psprintf("It has %zu numbers of a user, and the weights read %d.",
											  all->width, inputs->behaviour_n));
	for (size_t i = 0; i < fill->N; i++)
	{
		const uint32 row = row_of(all, &way, fill->id[i]);

		CHECK_FOR_INTERRUPTS();
		unknown += row == IDMAP_NONE;
		fill_user(fill->feature + i * (size_t) inputs->F + inputs->behaviour_first, all, row);
	}
	if (fill->not_known)
		*fill->not_known = unknown;
	if (fill->memory)
		*fill->memory = all->memory;
}

/* Says in an error, of a right or a table that is missing, for what the sequence model was wanted. */
static void
say_what_for(void *arg)
{
	const UpliftRequest *request = arg;

	errcontext("behaviour by version %d of model \"%s\"", request->behaviour_version, request->behaviour);
}

void
behaviour_fill(const BehaviourFill *fill)
{
	ErrorContextCallback context = {.previous = error_context_stack,
									.callback = say_what_for,
									.arg = unconstify(UpliftRequest *, fill->request)};

	if (fill->inputs->behaviour_n == 0)
		return;
	error_context_stack = &context;
	fill_users(fill);
	error_context_stack = context.previous;
}

void
behaviour_load(UserGraph *users, const GraphLoad *load)
{
	MemoryContext own =
		AllocSetContextCreate(CurrentMemoryContext, "usercls behaviour", ALLOCSET_DEFAULT_SIZES);
	const MemoryContext old = MemoryContextSwitchTo(own);
	Datum *id = memory_array(users->N, sizeof(Datum));
	size_t held = 0;

	for (size_t i = 0; i < users->N; i++)
		id[i] = idmap_id(users->ids, (uint32) i);
	behaviour_fill(&(BehaviourFill){.request = load->from,
									.inputs = load->inputs,
									.now = load->now,
									.feature = users->feature,
									.id = id,
									.N = users->N,
									.id_type = users->id_type,
									.few = load->part != NULL,
									.whole = load->whole,
									.held = users->bytes,
									.what = load->what,
									.not_known = &users->without_behaviour,
									.memory = &held});
	users->peak = users->bytes + held;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(own);
}
