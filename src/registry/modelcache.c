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

/* Let go of what nobody holds, the longest unused first, until the rest fits. */
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
