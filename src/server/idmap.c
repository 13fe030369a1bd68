/*
 * Ids to dense numbers:
 *
 *   add(id): n = find(id);  none: n = count++, id[n] = a copy of it, and the index gets id -> n
 *   find(id), integer-like ids that lie close together: table.number[id - low]
 *   find(id), otherwise: probe entry[hash], entry[hash + 1], ... until the id or a free entry
 *   when the index is full, or an id lies outside the table: make a table if its memory allows, else more entries
 *
 * Entries are open addressing with linear probing; at most two in three are taken. The numbers never change, so
 * whoever keeps arrays by number need not know of it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "server/idmap.h"
#include "server/memory.h"

typedef struct Entry
{
	uint64 key;    /* the id itself, or the hash of one that is not integer-like */
	uint32 number; /* IDMAP_NONE: free */
} Entry;

struct IdMap
{
	MemoryContext context;
	IdTable table; /* number is NULL: the entries are used */
	Entry *entry;
	uint64 mask; /* entries - 1 */
	uint32 count;
	uint32 room; /* ids that the entries take */
	Datum *id;   /* of each number */
	uint32 id_room;
	Oid type;
	bool by_value; /* integer-like: equal bits are equal ids */
	int16 typlen;
	bool typbyval;
	FmgrInfo hash, equal;
	Oid collation;
};

#define IDMAP_START 1024

/* A table covers at most so many ids for each entry that it stands for: it then takes twice the entries' memory. */
#define TABLE_SPAN_MAX 8

static bool
is_integer_like(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return false;
	}
}

/* Free entries, as many as given: a power of two. */
static void
entries_make(IdMap *map, uint64 entries)
{
	const size_t bytes = entries * sizeof(Entry);

	map->entry = memory_huge(map->context, bytes);
	memset(map->entry, 0xff, bytes);
	map->mask = entries - 1;
	map->room = (uint32) Min(entries / 3 * 2, IDMAP_NONE - 1);
}

static inline Entry *
entry_home(const IdMap *map, uint64 hash)
{
	return &map->entry[hash & map->mask];
}

static inline Entry *
entry_next(const IdMap *map, Entry *entry)
{
	return entry == &map->entry[map->mask] ? map->entry : entry + 1;
}

/* The finalizer of MurmurHash3: every bit of the key moves the low bits. */
static inline uint64
integer_hash(uint64 key)
{
	key ^= key >> 33;
	key *= UINT64CONST(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return key ^ key >> 33;
}

static bool
same_id(const IdMap *map, const Entry *entry, Datum id, uint64 hash)
{
	if (map->by_value)
		return entry->key == (uint64) id;
	return entry->key == hash && DatumGetBool(FunctionCall2Coll((FmgrInfo *) &map->equal, map->collation,
																map->id[entry->number], id));
}

/* The entry of id, or the free one where it belongs. */
static inline Entry *
entry_of(const IdMap *map, Datum id, uint64 hash)
{
	Entry *entry = entry_home(map, hash);

	while (entry->number != IDMAP_NONE && !same_id(map, entry, id, hash))
		entry = entry_next(map, entry);
	return entry;
}

/* Make a table of all ids and `one`, with room for as many again on both sides; false: they do not lie close enough. */
static bool
table_make(IdMap *map, Datum one, uint64 entries)
{
	int64 low = (int64) one, high = (int64) one;

	if (!map->by_value)
		return false;
	for (uint32 i = 0; i < map->count; i++)
	{
		low = Min(low, (int64) map->id[i]);
		high = Max(high, (int64) map->id[i]);
	}

	const uint64 span = (uint64) high - (uint64) low;

	if (span >= entries * TABLE_SPAN_MAX / 2)
		return false;

	IdTable table = {.low = (uint64) low - span / 2, .span = 2 * (span + 1)};
	const size_t bytes = table.span * sizeof(uint32);

	table.number = memory_huge(map->context, bytes);
	memset(table.number, 0xff, bytes);
	for (uint32 i = 0; i < map->count; i++)
		table.number[(uint64) map->id[i] - table.low] = i;
	map->table = table;
	return true;
}

/* Enter every id into the new entries; old: those before, of `entries` places. */
static void
entries_fill(IdMap *map, const Entry *old, uint64 entries)
{
	if (map->by_value)
		for (uint32 i = 0; i < map->count; i++)
			*entry_of(map, map->id[i], integer_hash((uint64) map->id[i])) =
				(Entry){.key = (uint64) map->id[i], .number = i};
	else
		for (uint64 i = 0; i < entries; i++)
			if (old[i].number != IDMAP_NONE)
			{
				Entry *entry = entry_home(map, old[i].key);

				while (entry->number != IDMAP_NONE)
					entry = entry_next(map, entry);
				*entry = old[i];
			}
}

/* Make the index anew, table or entries, with room for the id `one` and for as many again as there are. */
static void
index_make(IdMap *map, Datum one)
{
	Entry *const old = map->entry;
	uint32 *const old_number = map->table.number;
	const uint64 old_entries = map->mask + 1;
	uint64 entries = IDMAP_START;

	while (entries / 3 * 2 <= map->count)
		entries *= 2;
	map->table = (IdTable){0};
	map->entry = NULL;
	if (!table_make(map, one, entries))
	{
		entries_make(map, entries);
		entries_fill(map, old, old_entries);
	}
	if (old)
		pfree(old);
	if (old_number)
		pfree(old_number);
}

IdMap *
idmap_create(Oid type)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls ids", ALLOCSET_DEFAULT_SIZES);
	IdMap *map = MemoryContextAllocZero(context, sizeof(IdMap));

	map->context = context;
	map->type = type;
	map->by_value = is_integer_like(type);
	if (!map->by_value)
	{
		const TypeCacheEntry *cache =
			lookup_type_cache(type, TYPECACHE_HASH_EXTENDED_PROC | TYPECACHE_EQ_OPR_FINFO);

		if (!OidIsValid(cache->hash_extended_proc) || !OidIsValid(cache->eq_opr_finfo.fn_oid))
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of type %s cannot be hashed", format_type_be(type)),
				 errdetail("Users, and those who belong together, are found by hashes of such values."),
				 errhint("Use a type with a default hash operator class, such as bigint, uuid or text.")));
		map->typlen = cache->typlen;
		map->typbyval = cache->typbyval;
		map->collation = cache->typcollation;
		fmgr_info_cxt(cache->hash_extended_proc, &map->hash, context);
		fmgr_info_cxt(cache->eq_opr_finfo.fn_oid, &map->equal, context);
	}
	entries_make(map, IDMAP_START);
	map->id_room = IDMAP_START;
	map->id = memory_array_in(context, map->id_room, sizeof(Datum));
	return map;
}

void
idmap_free(IdMap *map)
{
	MemoryContextDelete(map->context);
}

bool
idmap_by_value(const IdMap *map)
{
	return map->by_value;
}

uint64
idmap_hash(const IdMap *map, Datum id)
{
	if (map->by_value)
		return integer_hash((uint64) id);
	return DatumGetUInt64(FunctionCall2Coll((FmgrInfo *) &map->hash, map->collation, id, UInt64GetDatum(0)));
}

const IdTable *
idmap_table(const IdMap *map)
{
	return map->table.number ? &map->table : NULL;
}

static inline void
prefetch(const IdMap *map, Datum id, uint64 hash)
{
	if (map->table.number)
		idtable_prefetch(&map->table, id);
	else
		__builtin_prefetch(entry_home(map, hash));
}

void
idmap_prefetch(const IdMap *map, Datum id, uint64 hash)
{
	prefetch(map, id, hash);
}

uint32
idmap_find(const IdMap *map, Datum id, uint64 hash)
{
	return map->table.number ? idtable_find(&map->table, id) : entry_of(map, id, hash)->number;
}

/* Whether the id can be entered without making the index anew. */
static bool
index_takes(const IdMap *map, Datum id)
{
	return map->table.number ? (uint64) id - map->table.low < map->table.span : map->count < map->room;
}

/* Enter an id that is not there; returns its number. */
static uint32
add_new(IdMap *map, Datum id, uint64 hash)
{
	if (map->count >= IDMAP_NONE - 1)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %u users", IDMAP_NONE - 1),
						errhint("Pass a view of some of the users at a time.")));
	if (!index_takes(map, id))
		index_make(map, id);
	if (map->count == map->id_room)
	{
		map->id_room *= 2;
		map->id = memory_array_resize(map->context, map->id, map->id_room, sizeof(Datum));
	}
	if (map->by_value)
		map->id[map->count] = id;
	else
	{
		const MemoryContext old = MemoryContextSwitchTo(map->context);

		/* A toasted id would be fetched again for each comparison. */
		map->id[map->count] = map->typlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(id))
												: datumCopy(id, map->typbyval, map->typlen);
		MemoryContextSwitchTo(old);
	}
	if (map->table.number)
		map->table.number[(uint64) id - map->table.low] = map->count;
	else
		*entry_of(map, id, hash) = (Entry){.key = map->by_value ? (uint64) id : hash, .number = map->count};
	return map->count++;
}

uint32
idmap_add(IdMap *map, Datum id, uint64 hash)
{
	const uint32 known = idmap_find(map, id, hash);

	return known != IDMAP_NONE ? known : add_new(map, id, hash);
}

void
idmap_hash_many(const IdMap *map, uint64 *hash, const Datum *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		hash[i] = map->by_value ? integer_hash((uint64) id[i]) : idmap_hash(map, id[i]);
		prefetch(map, id[i], hash[i]);
	}
}

/*
 * The number of an id that lies in the table or at the first entry it is looked for; IDMAP_NONE: it may still be
 * there.
 */
static inline uint32
find_at_home(const IdMap *map, Datum id, uint64 hash)
{
	if (map->table.number)
		return idtable_find(&map->table, id);

	const Entry *home = entry_home(map, hash);

	return map->by_value && home->key == (uint64) id ? home->number : IDMAP_NONE;
}

void
idmap_add_many(IdMap *map, uint32 *number, const Datum *id, const uint64 *hash, size_t n, uint64 low,
			   uint64 high)
{
	for (size_t i = 0; i < n; i++)
	{
		/* Rows that come user by user: the same id as in the row before. */
		if (map->by_value && i > 0 && id[i] == id[i - 1])
			number[i] = number[i - 1];
		else if (hash[i] < low || hash[i] > high)
			number[i] = IDMAP_NONE;
		else
		{
			number[i] = find_at_home(map, id[i], hash[i]);
			if (unlikely(number[i] == IDMAP_NONE))
				number[i] = idmap_add(map, id[i], hash[i]);
		}
	}
}

uint32
idmap_count(const IdMap *map)
{
	return map->count;
}

Datum
idmap_id(const IdMap *map, uint32 number)
{
	Assert(number < map->count);
	return map->id[number];
}

Datum
idmap_array(const IdMap *map, uint32 from, uint32 n)
{
	int16 length;
	bool by_value;
	char align;

	Assert(from + n <= map->count);
	get_typlenbyvalalign(map->type, &length, &by_value, &align);
	return PointerGetDatum(construct_array(map->id + from, (int) n, map->type, length, by_value, align));
}

size_t
idmap_memory(const IdMap *map)
{
	return MemoryContextMemAllocated(map->context, true);
}
