#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "pg/errors.h"
#include "pg/hugemem.h"
#include "pg/idmap.h"
#include "pg/trend_table.h"

#define DEPTH 16 /* rows between asking for a piece of memory and using it; a power of two */
#define BLOCK_BYTES (4 * 1024 * 1024)
#define CHECK_ROWS 65536 /* trends grow without new users too */

/* A row that waits for its user's entry, and then for its slot. Ids of rows that have met their user are not
 * looked at. */
typedef struct Row
{
	uint64 hash;
	Datum id;
	int64 period; /* PERIOD_NONE: the user alone is of interest */
	double value;
	TrendState *state; /* once the user is known */
} Row;

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
	uint64 rows;
	Row waiting[2 * DEPTH]; /* row i is at i % (2 × DEPTH) */
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

static TrendState *
state_make(TrendTable *table, uint32 user)
{
	const uint32 block = user >> table->block_shift;

	if (block == table->blocks)
	{
		table->block = repalloc_huge(table->block, sizeof(char *) * (block + 1));
		table->block[block] = memory_huge(table->context, table->state_size << table->block_shift);
		table->blocks++;
	}

	TrendState *state = state_of(table, user);

	trend_state_init(state, &table->periods->shape, table->context);
	return state;
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
	return table;
}

void
trend_table_free(TrendTable *table)
{
	idmap_free(table->ids);
	MemoryContextDelete(table->context);
	pfree(table);
}

static void
row_finish(TrendTable *table, Row *row)
{
	TrendState *state = row->state;

	row->state = NULL;
	if (row->period == PERIOD_NONE)
		return;
	if (likely(table->in_place))
	{
		trend_state_add(state, (TrendSlot *) (state + 1) + row->period, row->value);
		return;
	}

	const size_t before = trend_state_grown(state);
	TrendSlot *slot = trend_state_slots(state, row->period);

	table->grown += trend_state_grown(state) - before;
	trend_state_add(state, slot, row->value);
}

/* Rows whose users are known, before states change hands. */
static void
rows_settle(TrendTable *table)
{
	for (int i = 0; i < lengthof(table->waiting); i++)
		if (table->waiting[i].state)
			row_finish(table, &table->waiting[i]);
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

	rows_settle(table);
	table->high = table->low + (table->high - table->low) / 4 * 3;
	ids_make(table);
	for (uint32 user = 0; user < users; user++)
	{
		const Datum id = idmap_id(old, user);
		const uint64 hash = idmap_hash(old, id);

		CHECK_FOR_INTERRUPTS();
		if (hash > table->high)
		{
			state_forget(table, state_of(table, user));
			continue;
		}

		const uint32 moved = idmap_add(table->ids, id, hash);

		if (moved != user)
			trend_state_move(state_of(table, moved), state_of(table, user));
	}
	idmap_free(old);
}

static void
table_fit(TrendTable *table)
{
	while (table_memory(table) > table->limit && idmap_count(table->ids) > 1 && table->high > table->low)
		table_shrink(table);
	if (table_memory(table) > table->limit)
		error_memory("the trend of one user", table_memory(table), table->limit);
}

/* Half way through the pipeline: a row finds its user, and asks for its slot. */
static void
row_meet(TrendTable *table, Row *row)
{
	if (row->hash < table->low || row->hash > table->high)
		return;

	const uint32 users = idmap_count(table->ids);
	const uint32 user = idmap_add(table->ids, row->id, row->hash);
	const bool is_new = user == users;

	row->state = unlikely(is_new) ? state_make(table, user) : state_of(table, user);
	if (likely(table->in_place))
		__builtin_prefetch((void *) ((uintptr_t) (row->state + 1) + (uint64) row->period * sizeof(TrendSlot)),
						   1);
	else
		__builtin_prefetch(&row->state->shape, 1);
	if (unlikely(is_new || (!table->in_place && table->rows % CHECK_ROWS == 0)))
		table_fit(table);
}

static void
table_push(TrendTable *table, Datum id, int64 period, double value)
{
	const uint64 hash = idmap_hash(table->ids, id);
	const uint64 i = table->rows++;
	Row *row = &table->waiting[i % lengthof(table->waiting)];

	/* The row that came here 2 × DEPTH ago has its slot by now. */
	if (row->state)
		row_finish(table, row);
	*row = (Row){.hash = hash, .id = id, .period = period, .value = value};
	idmap_prefetch(table->ids, hash);

	/* An id by reference is gone with its row. */
	if (unlikely(!table->by_value))
		row_meet(table, row);
	else if (i >= DEPTH)
		row_meet(table, &table->waiting[(i - DEPTH) % lengthof(table->waiting)]);
}

void
trend_table_add(TrendTable *table, Datum id, int64 period, double value)
{
	table_push(table, id, period, value);
}

void
trend_table_add_user(TrendTable *table, Datum id)
{
	if (table->periods->shape.grid.windowed)
		table_push(table, id, PERIOD_NONE, 0.0);
}

void
trend_table_end(TrendTable *table)
{
	if (table->by_value)
		for (uint64 i = table->rows - Min(table->rows, DEPTH); i < table->rows; i++)
			row_meet(table, &table->waiting[i % lengthof(table->waiting)]);
	rows_settle(table);
	table->rows = 0;
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
