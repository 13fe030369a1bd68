/*
 * What a model reads: the tables and views that its training specs name, and the SQL expressions in them.
 *
 * Whoever uses a model runs what these relations say (a view's functions, a
 * table's policies) with rights of his own. So administrators alone decide
 * which they are: a version that an administrator stores approves its sources,
 * one of a trainer waits until the sources that it adds are approved.
 *
 *   registry_spec: foreach source of the spec
 *       relation = what its name is now, locked
 *       it belongs to whoever asks                        -> may be read: it is his own code
 *       nobody approved the name for this model           -> error
 *       it is the approved relation, of the same owner    -> may be read
 *       its owner administers the model                   -> may be read: he could approve it
 *       otherwise                                         -> error
 *
 *   foreach expression of the spec
 *       nobody approved its text for this model           -> error
 *
 * The last rule but one for relations is for relations that are made anew every night, and
 * for dumps, which restore names but not OIDs. To approve a relation is to
 * trust its owner, who may change it, and the owner of its schema, who may
 * rename others to its name.
 */
#ifndef USERCLS_REGISTRY_SOURCES_H
#define USERCLS_REGISTRY_SOURCES_H

#include "registry/registry.h"

/* Raises unless the current user may read all sources of the spec through the model. They stay locked. */
extern void sources_check(const Model *model, const Jsonb *spec);

/* Approve all sources of the spec (NULL: there are none), as the relations that their names are now. */
extern void sources_approve(const Model *model, const Jsonb *spec);

/* The first source of the spec (NULL: it has none) whose name is not approved for the model, or NULL. */
extern const char *sources_waiting(const Model *model, const Jsonb *spec);

#endif
