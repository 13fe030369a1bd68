#include "postgres.h"

#include "sequence/embed_users.h"

#include "miscadmin.h"

#include "registry/modelcache.h"
#include "sequence/classify_users.h"
#include "sequence/request.h"
#include "sequence/score.h"
#include "sequence/users_attributes.h"
#include "server/memory.h"

/* Users whose sequences are laid out at a time. */
#define PART 1024

const Model *
embed_promoted(const char *model)
{
	return registry_promoted(model, &sequence_kind, RIGHT_SCORE);
}

const Model *
embed_version(const char *model, int32 version)
{
	const Model *found = registry_find(model, RIGHT_SCORE);

	registry_check_kind(found, &sequence_kind);
	return registry_has_version(found, version) ? registry_version(model, version, RIGHT_SCORE) : NULL;
}

size_t
embed_width(const Model *version)
{
	const SequenceModel *model = modelcache_get(version, CurrentMemoryContext);

	return seqmodel_width(&model->config, (size_t) model->F, (size_t) model->C);
}

Oid
embed_id_type(const Model *version)
{
	return sequence_kind.id_type(registry_spec(version));
}

bool
embed_has_times(const Model *version)
{
	SequenceRequest request;

	sequence_request_from_spec(&request, registry_spec(version));
	return request.reading.sequence_column == NULL;
}

bool
embed_is_beyond(TimestampTz *end, const Model *version, TimestampTz as_of)
{
	SequenceRequest request;

	sequence_request_from_spec(&request, registry_spec(version));

	const Interval *period = &request.reading.period;
	const int64 slack = period->month == 0 && period->day == 0 ? period->time : USECS_PER_DAY;

	*end = sequence_latest(&request.reading, SEQUENCE_UNLABELED);
	return as_of - slack > *end;
}

/* Bytes of the sequences and attributes that are laid out at a time. */
static size_t
part_bytes(const SequenceModel *model, const SequenceUsers *users)
{
	const size_t room = Min(PART, users->N);

	return room * (users->longest * (size_t) model->F + (size_t) model->attributes.n) * sizeof(float);
}

/* Write what the head reads of all users to all->value. */
static void
embed(EmbeddedUsers *all, const SequenceModel *model, const SequenceUsers *users, const char *what)
{
	const size_t room = Min(PART, users->N), F = (size_t) model->F;
	size_t *start = memory_array(room + 1, sizeof(size_t));
	float *value = memory_array(room * users->longest * F, sizeof(float));
	float *attribute = memory_array(room * (size_t) model->attributes.n, sizeof(float));
	const AttributeCoder *coder = attribute_coder(users, &model->attributes);
	SequenceScorer *scorer = sequence_model_batch(model, users->longest, room, what);

	for (size_t from = 0; from < users->N; from += room)
	{
		const size_t n = Min(room, users->N - from);
		const SequenceSet set = {.N = n, .F = F, .start = start, .value = value, .attribute = attribute};

		sequence_fill_part(users, from, n, start, value);
		attribute_coder_fill(attribute, coder, from, n);
		sequence_embeddings(all->value + from * all->width, scorer, &set, n);
	}
}

EmbeddedUsers *
embed_users(const EmbedRequest *request)
{
	const ClassifiedUsers *read =
		classify_users_read(request->version, (SequenceRead){.as_of = request->as_of,
															 .only = request->only,
															 .n_only = request->n,
															 .whole = request->whole,
															 .what = request->what});
	const SequenceUsers *users = read->users;
	EmbeddedUsers *all = palloc0(sizeof(*all));

	all->width = embed_width(request->version);
	all->as_of = users->as_of;
	all->ids = idmap_create(users->id_type);
	all->memory = users->memory + users->N * all->width * sizeof(real) + part_bytes(read->model, users);
	memory_check(request->held + all->memory, request->what);
	all->value = memory_array(users->N * all->width, sizeof(real));
	for (size_t i = 0; i < users->N; i++)
	{
		CHECK_FOR_INTERRUPTS();
		idmap_add(all->ids, users->id[i], users->hash[i]);
	}
	if (users->N > 0)
		embed(all, read->model, users, request->what);
	return all;
}
