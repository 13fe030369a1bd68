#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "pg/hugemem.h"
#include "pg/idmap.h"

/* Open addressing with linear probing; at most two entries in three are taken. */
typedef struct Entry
{
	uint64 key;    /* the id itself, or the hash of one that is not integer-like */
	uint32 number; /* IDMAP_NONE: free */
} Entry;

struct IdMap
{
	MemoryContext context;
	Entry *entry;
	uint64 mask; /* entries - 1 */
	uint32 count;
	uint32 room; /* ids that fit before the entries double */
	Datum *id;   /* of each number */
	uint32 id_room;
	bool by_value; /* integer-like: equal bits are equal ids */
	int16 typlen;
	bool typbyval;
	FmgrInfo hash, equal;
	Oid collation;
};

#define IDMAP_START 1024

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

static void
entries_double(IdMap *map)
{
	Entry *const old = map->entry;
	const uint64 entries = map->mask + 1;

	if (map->count >= IDMAP_NONE - 1)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %u users", IDMAP_NONE - 1),
						errhint("Pass a view of some of the users at a time.")));
	entries_make(map, entries * 2);
	for (uint64 i = 0; i < entries; i++)
	{
		if (old[i].number == IDMAP_NONE)
			continue;

		Entry *entry = entry_home(map, map->by_value ? integer_hash(old[i].key) : old[i].key);

		while (entry->number != IDMAP_NONE)
			entry = entry_next(map, entry);
		*entry = old[i];
	}
	pfree(old);
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

IdMap *
idmap_create(Oid type)
{
	const MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls ids", ALLOCSET_DEFAULT_SIZES);
	IdMap *map = MemoryContextAllocZero(context, sizeof(IdMap));

	map->context = context;
	map->by_value = is_integer_like(type);
	if (!map->by_value)
	{
		const TypeCacheEntry *cache =
			lookup_type_cache(type, TYPECACHE_HASH_EXTENDED_PROC | TYPECACHE_EQ_OPR_FINFO);

		if (!OidIsValid(cache->hash_extended_proc) || !OidIsValid(cache->eq_opr_finfo.fn_oid))
			ereport(
				ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("user ids of type %s cannot be hashed", format_type_be(type)),
				 errhint("Use a type with a default hash operator class, such as bigint, uuid or text.")));
		map->typlen = cache->typlen;
		map->typbyval = cache->typbyval;
		map->collation = cache->typcollation;
		fmgr_info_cxt(cache->hash_extended_proc, &map->hash, context);
		fmgr_info_cxt(cache->eq_opr_finfo.fn_oid, &map->equal, context);
	}
	entries_make(map, IDMAP_START);
	map->id_room = IDMAP_START;
	map->id = MemoryContextAllocHuge(context, sizeof(Datum) * map->id_room);
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

void
idmap_prefetch(const IdMap *map, uint64 hash)
{
	__builtin_prefetch(entry_home(map, hash));
}

uint32
idmap_find(const IdMap *map, Datum id, uint64 hash)
{
	return entry_of(map, id, hash)->number;
}

/* A new id, whose entry would be this one. */
static uint32
add_new(IdMap *map, Entry *entry, Datum id, uint64 hash)
{
	if (map->count == map->room)
	{
		entries_double(map);
		entry = entry_of(map, id, hash);
	}
	if (map->count == map->id_room)
	{
		map->id_room *= 2;
		map->id = repalloc_huge(map->id, sizeof(Datum) * map->id_room);
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
	entry->key = map->by_value ? (uint64) id : hash;
	entry->number = map->count;
	return map->count++;
}

uint32
idmap_add(IdMap *map, Datum id, uint64 hash)
{
	Entry *entry = entry_of(map, id, hash);

	return entry->number != IDMAP_NONE ? entry->number : add_new(map, entry, id, hash);
}

void
idmap_hash_many(const IdMap *map, uint64 *hash, const Datum *id, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		hash[i] = map->by_value ? integer_hash((uint64) id[i]) : idmap_hash(map, id[i]);
		__builtin_prefetch(entry_home(map, hash[i]));
	}
}

void
idmap_add_many(IdMap *map, uint32 *number, const Datum *id, const uint64 *hash, size_t n, uint64 low, uint64 high)
{
	for (size_t i = 0; i < n; i++)
	{
		/* Where rows come user by user there is nothing to look up. */
		if (map->by_value && i > 0 && id[i] == id[i - 1])
			number[i] = number[i - 1];
		else if (hash[i] < low || hash[i] > high)
			number[i] = IDMAP_NONE;
		else
		{
			const Entry *home = entry_home(map, hash[i]);

			/* Most lie there. */
			if (likely(map->by_value && home->key == (uint64) id[i] && home->number != IDMAP_NONE))
				number[i] = home->number;
			else
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

size_t
idmap_memory(const IdMap *map)
{
	return MemoryContextMemAllocated(map->context, true);
}

bool
idmap_table(IdTable *table, const IdMap *map)
{
	if (!map->by_value || map->count == 0)
		return false;

	int64 low = PG_INT64_MAX;
	int64 high = PG_INT64_MIN;

	for (uint32 i = 0; i < map->count; i++)
	{
		low = Min(low, (int64) map->id[i]);
		high = Max(high, (int64) map->id[i]);
	}

	/* No larger than the entries of the map. */
	const uint64 span = (uint64) high - (uint64) low;

	if (span > (uint64) map->count * 4)
		return false;
	*table = (IdTable){.low = (uint64) low, .span = span + 1};
	table->number = MemoryContextAllocHuge(CurrentMemoryContext, table->span * sizeof(uint32));
	memset(table->number, 0xff, table->span * sizeof(uint32));
	for (uint32 i = 0; i < map->count; i++)
		table->number[(uint64) map->id[i] - table->low] = i;
	return true;
}
