/*
 * Decoded models of this session:
 *
 *   entry = entries[digest, kind];  none: weights = the row's bytes, decode them, add the entry
 *   holders + 1; the holder's memory context says when to count it down again
 *   while all entries together are above usercls.model_cache_size: drop the least recently used that nobody holds
 *
 * Concurrency. The cache belongs to one process: there is nothing to lock. What has to be kept in order is lifetime:
 * an entry has a memory context of its own, and is freed only while it has no holders. hold() registers a callback
 * with the memory context that the caller names; PostgreSQL runs it when that context is reset or deleted, after an
 * error too. A model enters the cache only once it is decoded as a whole: until then its context hangs under the
 * caller's, and an error takes it along. Entries cannot be stale, whatever other sessions do, since the key is the
 * SHA-256 of the bytes.
 */
#include "postgres.h"

#include "lib/ilist.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "registry/modelcache.h"
#include "server/module.h"

typedef struct CacheKey
{
	uint8 digest[MODEL_DIGEST];
	const ModelKind *kind;
} CacheKey;

typedef struct CacheEntry
{
	CacheKey key;
	MemoryContext context; /* holds the decoded model */
	const void *model;
	Size bytes;
	int holders;
	dlist_node used; /* in `recent` */
} CacheEntry;

static HTAB *entries = NULL;
static dlist_head recent = DLIST_STATIC_INIT(recent); /* most recently used first */
static Size total = 0;

/* Free entries that nobody holds, the least recently used first, until the rest fits the setting. */
static void
shrink(void)
{
	const Size limit = (Size) usercls_model_cache_size * 1024;
	dlist_node *node = dlist_is_empty(&recent) ? NULL : dlist_tail_node(&recent);

	while (total > limit && node != NULL)
	{
		CacheEntry *entry = dlist_container(CacheEntry, used, node);

		node = dlist_has_prev(&recent, node) ? dlist_prev_node(&recent, node) : NULL;
		if (entry->holders > 0)
			continue;
		total -= entry->bytes;
		dlist_delete(&entry->used);
		MemoryContextDelete(entry->context);
		hash_search(entries, &entry->key, HASH_REMOVE, NULL);
	}
}

/* The holder's context ends: count it down. */
static void
let_go(void *arg)
{
	CacheEntry *entry = arg;
	const Size bytes = MemoryContextMemAllocated(entry->context, true);

	/* A model's scorer may have grown meanwhile. */
	total += bytes - entry->bytes;
	entry->bytes = bytes;
	entry->holders--;
	shrink();
}

/* The entry's model, not to be freed until `holder` is reset or deleted. */
static const void *
hold(CacheEntry *entry, MemoryContext holder)
{
	MemoryContextCallback *callback = MemoryContextAlloc(holder, sizeof(MemoryContextCallback));

	callback->func = let_go;
	callback->arg = entry;
	MemoryContextRegisterResetCallback(holder, callback);
	entry->holders++;
	dlist_move_head(&recent, &entry->used);
	shrink();
	return entry->model;
}

/* The entry of the key, or NULL. */
static CacheEntry *
find(const CacheKey *key)
{
	if (entries == NULL)
	{
		const HASHCTL control = {
			.keysize = sizeof(CacheKey), .entrysize = sizeof(CacheEntry), .hcxt = TopMemoryContext};

		entries = hash_create("usercls models", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	return hash_search(entries, key, HASH_FIND, NULL);
}

/* Decode into a context of the entry's own, which an error takes along: only a whole model enters the cache.
 */
static CacheEntry *
add(const CacheKey *key, const bytea *weights, const char *model, int32 version)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "usercls model", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	const void *decoded = key->kind->decode(VARDATA_ANY(weights), VARSIZE_ANY_EXHDR(weights), model, version);
	bool found;

	MemoryContextSwitchTo(before);

	CacheEntry *entry = hash_search(entries, key, HASH_ENTER, &found);

	Assert(!found);
	MemoryContextSetParent(context, CacheMemoryContext);
	entry->context = context;
	entry->model = decoded;
	entry->bytes = MemoryContextMemAllocated(context, true);
	entry->holders = 0;
	dlist_push_head(&recent, &entry->used);
	total += entry->bytes;
	return entry;
}

const void *
modelcache_get(const Model *model, MemoryContext holder)
{
	CacheKey key = {.kind = model->kind};

	memcpy(key.digest, model->digest, MODEL_DIGEST);

	CacheEntry *entry = find(&key);

	if (entry == NULL)
	{
		bytea *weights = registry_weights(model);

		entry = add(&key, weights, model->name, model->version);
		pfree(weights);
	}
	return hold(entry, holder);
}

const void *
modelcache_get_value(const bytea *weights, const ModelKind *kind, MemoryContext holder)
{
	CacheKey key = {.kind = kind};

	registry_digest(key.digest, weights);

	CacheEntry *entry = find(&key);

	return hold(entry != NULL ? entry : add(&key, weights, NULL, 0), holder);
}
