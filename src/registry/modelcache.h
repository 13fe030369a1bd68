/*
 * Models decoded once per session, least recently used first out.
 *
 * The key is the SHA-256 of the weights, so an entry cannot be stale: another
 * version, or another model after DROP and CREATE EXTENSION, has another key.
 * Which version answers for a name is looked up per query, never cached.
 */
#ifndef USERCLS_REGISTRY_MODELCACHE_H
#define USERCLS_REGISTRY_MODELCACHE_H

#include "registry/registry.h"

/*
 * What model->kind->decode makes of the weights, in memory of the cache. It stays valid until `holder` is reset or deleted
 * (fn_mcxt, or the context of the query); entries that nobody holds are kept
 * while all together fit usercls.model_cache_size. Reads the weights only when
 * they are not there yet.
 */
extern const void *modelcache_get(const Model *model, MemoryContext holder);

/* The same for weights that came as an argument: the digest is computed, so keep the result in fn_extra. */
extern const void *modelcache_get_value(const bytea *weights, const ModelKind *kind, MemoryContext holder);

#endif
