/*
 * Trends of many users, in bounded memory:
 *
 *   do
 *     foreach batch of rows do
 *       user[i] = idmap_add(id[i]), unless its hash is outside [low, high];  new users get a state
 *       while the memory is above the limit: high falls by a quarter, and users above it are forgotten
 *       ask for slot[i] of all rows;  then slot[i] += value[i]
 *     give out the users' trends
 *   while low = high + 1 is still a hash: read all rows again
 *
 * User i's state lies at a place that follows from i, so that its slot can be asked for without reading a pointer.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "server/errors.h"
#include "server/idmap.h"
#include "server/memory.h"
#include "labeler/user_table.h"
#include "server/waiting.h"

#define BATCH_WAITING 128 /* rows at most */
#define BLOCK_BYTES (32 * 1024 * 1024)

/* Rows that wait: see server/waiting.h. */
typedef struct Batch
{
	uint32 n;
	uint32 met;              /* rows whose users are known: all before this one */
	Datum id[BATCH_WAITING]; /* of a row that has met its user, not to be looked at */
	uint64 hash[BATCH_WAITING];
	uint32 user[BATCH_WAITING];  /* IDMAP_NONE: not of this pass */
	int64 period[BATCH_WAITING]; /* PERIOD_NONE: the user alone is of interest */
	double value[BATCH_WAITING];
} Batch;

struct TrendTable
{
	Periods *periods;
	Oid id_type;
	size_t limit;
	MemoryContext parent;  /* of the contexts below: rows come in one of their own */
	MemoryContext context; /* of states */
	IdMap *ids;

	/* User i's state is at a place that follows from i: looking up a pointer would be a miss of the cache. */
	char **block;
	uint32 blocks;
	int block_shift; /* a block holds 2^block_shift states */
	size_t state_size;

	size_t grown;     /* bytes of slots that lie elsewhere */
	uint64 low, high; /* hashes of the users of this pass, both ends included */
	bool in_place;    /* every slot lies behind its state's head */
	bool by_value;
	uint32 room; /* rows of a batch: so many new users at once do not exceed the limit by much */
	Batch batch;
};

static TrendState *
state_of(const TrendTable *table, uint32 user)
{
	const uint32 within = user & ((1u << table->block_shift) - 1);

	return (TrendState *) (table->block[user >> table->block_shift] + within * table->state_size);
}

static size_t
table_memory(const TrendTable *table)
{
	return idmap_memory(table->ids) + idmap_count(table->ids) * table->state_size + table->grown;
}

/* Make states for the users from number `users` on. */
static void
states_make(TrendTable *table, uint32 users)
{
	for (uint32 user = users; user < idmap_count(table->ids); user++)
	{
		const uint32 block = user >> table->block_shift;

		if (block == table->blocks)
		{
			table->block = memory_array_resize(table->context, table->block, block + 1, sizeof(char *));
			table->block[block] = memory_huge(table->context, table->state_size << table->block_shift);
			table->blocks++;
		}
		trend_state_init(state_of(table, user), &table->periods->shape, table->context);
	}
}

static void
ids_make(TrendTable *table)
{
	const MemoryContext old = MemoryContextSwitchTo(table->parent);

	table->ids = idmap_create(table->id_type);
	MemoryContextSwitchTo(old);
}

TrendTable *
trend_table_create(Oid id_type, Periods *periods, size_t limit)
{
	TrendTable *table = palloc0(sizeof(TrendTable));

	table->periods = periods;
	table->id_type = id_type;
	table->limit = limit;
	table->parent = CurrentMemoryContext;
	table->context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls trends of users", ALLOCSET_DEFAULT_SIZES);
	ids_make(table);
	table->block = MemoryContextAlloc(table->context, sizeof(char *));
	table->state_size = trend_state_size(&periods->shape);
	while ((table->state_size << table->block_shift) < BLOCK_BYTES &&
		   (table->state_size << table->block_shift) < limit / 8)
		table->block_shift++;
	table->high = PG_UINT64_MAX;
	table->in_place = periods->shape.grid.windowed && periods->shape.periods <= TREND_STATE_SLOT_MAX;
	table->by_value = idmap_by_value(table->ids);
	table->room = (uint32) Max(1, Min(BATCH_WAITING, limit / 64 / table->state_size));
	return table;
}

static void
state_forget(TrendTable *table, TrendState *state)
{
	table->grown -= trend_state_grown(state);
	trend_state_release(state);
}

/* Forget the users in the upper quarter of the range, and close the gaps that they leave. */
static void
table_shrink(TrendTable *table)
{
	IdMap *const old = table->ids;
	const uint32 users = idmap_count(old);
	uint32 *moved = memory_array_in(table->context, users, sizeof(uint32));
	Batch *batch = &table->batch;

	table->high = table->low + (table->high - table->low) / 4 * 3;
	ids_make(table);
	for (uint32 user = 0; user < users; user++)
	{
		const Datum id = idmap_id(old, user);
		const uint64 hash = idmap_hash(old, id);

		CHECK_FOR_INTERRUPTS();
		moved[user] = IDMAP_NONE;
		if (hash > table->high)
		{
			state_forget(table, state_of(table, user));
			continue;
		}
		moved[user] = idmap_add(table->ids, id, hash);
		if (moved[user] != user)
			trend_state_move(state_of(table, moved[user]), state_of(table, user));
	}
	for (uint32 i = 0; i < batch->met; i++)
		if (batch->user[i] != IDMAP_NONE)
			batch->user[i] = moved[batch->user[i]];
	pfree(moved);
	idmap_free(old);
}

/* Forget users until the table fits its limit; an error when one user alone does not. */
static void
table_fit(TrendTable *table)
{
	while (table_memory(table) > table->limit && idmap_count(table->ids) > 1 && table->high > table->low)
		table_shrink(table);
	if (table_memory(table) > table->limit)
		error_memory("the trend of one user", table_memory(table), table->limit);
}

/* Find or make the users of the rows that came since the last call. */
static void
batch_meet(TrendTable *table)
{
	Batch *batch = &table->batch;
	const uint32 users = idmap_count(table->ids), from = batch->met;

	idmap_hash_many(table->ids, batch->hash + from, batch->id + from, batch->n - from);
	idmap_add_many(table->ids, batch->user + from, batch->id + from, batch->hash + from, batch->n - from,
				   table->low, table->high);
	batch->met = batch->n;
	if (unlikely(idmap_count(table->ids) > users))
	{
		states_make(table, users);
		table_fit(table);
	}
}

/* Add a row to a state whose slots may have to grow for it, and count that memory. */
static void
row_add_grown(TrendTable *table, uint32 user, int64 period, double value)
{
	TrendState *state = state_of(table, user);
	const size_t before = trend_state_grown(state);
	TrendSlot *slot = trend_state_slots(state, period);
	const size_t after = trend_state_grown(state);

	trend_state_add(state, slot, value);
	table->grown += after - before;
	if (unlikely(after != before))
		table_fit(table);
}

/* Whether the row has a value and its user is of this pass. */
static bool
row_counts(const Batch *batch, uint32 i)
{
	return batch->user[i] != IDMAP_NONE && batch->period[i] != PERIOD_NONE;
}

static void
batch_add_grown(TrendTable *table)
{
	const Batch *batch = &table->batch;

	for (uint32 i = 0; i < batch->n; i++)
		if (row_counts(batch, i))
			row_add_grown(table, batch->user[i], batch->period[i], batch->value[i]);
}

/* Add n values to one slot. */
static void
run_add(TrendState *state, TrendSlot *slot, const double *value, uint32 n)
{
	for (uint32 some; n > 0; value += some, n -= some)
	{
		some = Min(n, (uint32) (TREND_COUNT_MAX - slot->count));
		if (some < 2)
		{
			some = 1;
			trend_state_add(state, slot, *value);
			continue;
		}
		trend_slot_add_run(slot, value, some);
		if (unlikely(!isfinite(slot->sum)))
			trend_state_error(value[0]);
	}
}

/*
 * Add the batch where every slot lies behind its state's head: all slots are asked for, then used. Rows that follow
 * each other often have one slot, and are added together.
 */
static void
batch_add_in_place(const TrendTable *table)
{
	const Batch *batch = &table->batch;
	TrendState *state[BATCH_WAITING];
	TrendSlot *slot[BATCH_WAITING];
	double value[BATCH_WAITING];
	uint32 n = 0;

	for (uint32 i = 0; i < batch->n; i++)
		if (likely(row_counts(batch, i)))
		{
			state[n] = state_of(table, batch->user[i]);
			slot[n] = (TrendSlot *) (state[n] + 1) + batch->period[i];
			value[n] = batch->value[i];
			waiting_ask(slot[n], sizeof(*slot[n])); /* one slot in five lies in two lines */
			n++;
		}
	for (uint32 i = 0, to; i < n; i = to)
	{
		for (to = i + 1; to < n && slot[to] == slot[i]; to++)
			;
		run_add(state[i], slot[i], value + i, to - i);
	}
}

static void
batch_flush(TrendTable *table)
{
	batch_meet(table);
	if (table->in_place)
		batch_add_in_place(table);
	else
		batch_add_grown(table);
	table->batch.n = table->batch.met = 0;
}

void
trend_table_add(TrendTable *table, uint32 n, const Datum *id, const int64 *period, const double *value)
{
	Batch *batch = &table->batch;

	for (uint32 i = 0, some; i < n; i += some)
	{
		some = Min(n - i, table->room - batch->n);
		memcpy(batch->id + batch->n, id + i, sizeof(*id) * some);
		memcpy(batch->period + batch->n, period + i, sizeof(*period) * some);
		memcpy(batch->value + batch->n, value + i, sizeof(*value) * some);
		batch->n += some;

		/* Ids by reference are gone with their rows. */
		if (unlikely(!table->by_value))
			batch_meet(table);
		if (batch->n == table->room)
			batch_flush(table);
	}
}

void
trend_table_end(TrendTable *table)
{
	batch_flush(table);
}

uint32
trend_table_count(const TrendTable *table)
{
	return idmap_count(table->ids);
}

Datum
trend_table_id(const TrendTable *table, uint32 user)
{
	return idmap_id(table->ids, user);
}

const TrendState *
trend_table_state(const TrendTable *table, uint32 user)
{
	return state_of(table, user);
}

bool
trend_table_next(TrendTable *table)
{
	if (table->high == PG_UINT64_MAX)
		return false;

	const uint64 width = table->high - table->low;
	const uint32 users = idmap_count(table->ids);

	for (uint32 user = 0; user < users; user++)
		state_forget(table, state_of(table, user));
	idmap_free(table->ids);
	ids_make(table);
	table->low = table->high + 1;
	table->high = width > PG_UINT64_MAX - table->low ? PG_UINT64_MAX : table->low + width;
	return true;
}
