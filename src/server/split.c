/*
 * Who is held out:
 *
 *   number(user) = a random number in [0, 1) by seed and hash;  held out by number = number < share
 *   foreach group: the share of its users with the lowest numbers is held out, at least one and not all
 *   moved = users for whom the two differ;  held_out(user) = (number < share) differs from (user is in moved)
 */
#include "postgres.h"

#include "server/split.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "nn/rng.h"
#include "server/errors.h"
#include "server/memory.h"

static double
user_number(int64 seed, uint64 hash)
{
	Rng rng = rng_seed((uint64) seed, hash);

	return rng_uniform(&rng);
}

static int
compare_hashes(const void *a, const void *b)
{
	const uint64 x = *(const uint64 *) a;
	const uint64 y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

bool
split_held_out(const Split *split, uint64 hash)
{
	const bool moved = split->n_moved > 0 && bsearch(&hash, split->moved, (size_t) split->n_moved,
													 sizeof(*split->moved), compare_hashes);

	return (user_number(split->seed, hash) < split->share) != moved;
}

bool
split_measures(const Split *split, uint64 hash, TimestampTz at)
{
	return split->by_time ? at >= split->from : split_held_out(split, hash);
}

/* -- Making one ------------------------------------------------------------ */

typedef struct Candidate
{
	double number;
	uint64 hash; /* decides between equal numbers */
	uint32 user;
	int32 group;
} Candidate;

#define ST_SORT sort_candidates
#define ST_ELEMENT_TYPE Candidate
#define ST_COMPARE(a, b)                                                                                     \
	((a)->group != (b)->group     ? ((a)->group < (b)->group ? -1 : 1)                                       \
	 : (a)->number != (b)->number ? ((a)->number < (b)->number ? -1 : 1)                                     \
	 : (a)->hash < (b)->hash      ? -1                                                                       \
								  : (a)->hash > (b)->hash)
#define ST_SCOPE static
#define ST_DEFINE
#define ST_CHECK_FOR_INTERRUPTS
#include "lib/sort_template.h"

/* How many of a group's users are held out: the share, rounded, but at least one and not all; 0 of a group of one. */
static size_t
group_held_out(size_t users, double share)
{
	if (users < 2 || share <= 0)
		return 0;
	return (size_t) Min(Max(rint(share * (double) users), 1), (double) (users - 1));
}

/* held_out[user] = whether the user is among the lowest numbers of its group; candidates are sorted on the way. */
static void
choose(bool *held_out, Candidate *candidate, size_t n, const size_t *count, double share)
{
	size_t in_group = 0;

	sort_candidates(candidate, n);
	for (size_t i = 0; i < n; i++)
	{
		in_group = i > 0 && candidate[i].group == candidate[i - 1].group ? in_group + 1 : 0;
		held_out[candidate[i].user] = in_group < group_held_out(count[candidate[i].group], share);
	}
}

static void
note_moved(Split *split, uint64 hash, size_t *room)
{
	if ((size_t) split->n_moved == *room)
	{
		*room = Max(64, 2 * *room);
		split->moved = memory_array_resize(CurrentMemoryContext, split->moved, *room, sizeof(uint64));
	}
	split->moved[split->n_moved++] = hash;
}

Split
split_make(int64 seed, double share, const Split *begun, const SplitUsers *users)
{
	const uint64 *hash = users->hash;
	const int32 *group = users->group;
	Split split = {.seed = begun ? begun->seed : seed, .share = begun ? Min(share, begun->share) : share};
	size_t *count = palloc0(sizeof(*count) * (size_t) Max(users->groups, 1));
	Candidate *candidate;
	bool *held_out;
	size_t n = 0;
	size_t room = 0;

	if (split.share <= 0)
		return split;
	candidate = memory_array(users->N, sizeof(*candidate));
	held_out = memory_array(users->N, sizeof(*held_out));
	memset(held_out, 0, users->N * sizeof(*held_out));
	for (size_t i = 0; i < users->N; i++)
	{
		if (group[i] < 0)
			continue;
		count[group[i]]++;
		if (!begun || split_held_out(begun, hash[i]))
			candidate[n++] = (Candidate){user_number(split.seed, hash[i]), hash[i], (uint32) i, group[i]};
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	choose(held_out, candidate, n, count, share);
	for (size_t i = 0; i < users->N; i++)
		if (group[i] >= 0 && held_out[i] != (user_number(split.seed, hash[i]) < split.share))
			note_moved(&split, hash[i], &room);
	if (split.n_moved > 0)
		qsort(split.moved, (size_t) split.n_moved, sizeof(*split.moved), compare_hashes);
	pfree(candidate);
	pfree(held_out);
	pfree(count);
	return split;
}

/* -- Stored ---------------------------------------------------------------- */

void
split_put(JsonbBuild *build, const Split *split)
{
	const char **moved = palloc(sizeof(*moved) * (size_t) Max(split->n_moved, 1));
	JsonbBuild own;

	for (int i = 0; i < split->n_moved; i++)
		moved[i] = psprintf("%016llx", (unsigned long long) split->moved[i]);
	jsonb_begin(&own);
	jsonb_put_int(&own, "seed", split->seed);
	jsonb_put_float(&own, "share", split->share);
	jsonb_put_names(&own, "moved", moved, split->n_moved);
	if (split->by_time)
		jsonb_put_text(&own, "from", jsonb_time_text(split->from));
	jsonb_put_jsonb(build, "split", jsonb_end(&own));
}

static void
pg_attribute_noreturn() error_damaged(void)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("\"split\" of the training spec is damaged"),
					errdetail("It holds a seed, a share, and a list of hashes of 16 hexadecimal digits."),
					errhint("Pass the spec of usercls.versions as it is, or one without \"split\".")));
}

static uint64
read_hash(const JsonbValue *value)
{
	char *text = value->type == jbvString ? pnstrdup(value->val.string.val, value->val.string.len) : "";
	char *end;
	const uint64 hash = strtoull(text, &end, 16);

	if (end == text || *end != '\0')
		error_damaged();
	return hash;
}

static const JsonbValue *
member(const Jsonb *stored, const char *key, enum jbvType type)
{
	const JsonbValue *value = jsonb_member(stored, key);

	if (!value || value->type != type)
		error_damaged();
	return value;
}

bool
split_of_spec(Split *split, const Jsonb *spec)
{
	if (!jsonb_member(spec, "split"))
		return false;

	const Jsonb *stored = JsonbValueToJsonb((JsonbValue *) member(spec, "split", jbvBinary));
	JsonbContainer *list = member(stored, "moved", jbvBinary)->val.binary.data;

	if (!JsonContainerIsArray(list))
		error_damaged();
	*split = (Split){0};
	if (jsonb_member(stored, "from"))
	{
		split->by_time = true;
		split->from = jsonb_time(jsonb_scalar_text(member(stored, "from", jbvString)));
	}
	split->seed = pg_strtoint64(jsonb_scalar_text(member(stored, "seed", jbvNumeric)));
	split->share = strtod(jsonb_scalar_text(member(stored, "share", jbvNumeric)), NULL);
	split->n_moved = (int) JsonContainerSize(list);
	split->moved = palloc(sizeof(uint64) * (size_t) Max(split->n_moved, 1));
	for (int i = 0; i < split->n_moved; i++)
		split->moved[i] = read_hash(getIthJsonbValueFromContainer(list, (uint32) i));
	qsort(split->moved, (size_t) split->n_moved, sizeof(*split->moved), compare_hashes);
	return true;
}
