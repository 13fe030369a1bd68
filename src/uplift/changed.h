/*
 * Users whose uplift new rows may have changed.
 */
#ifndef USERCLS_UPLIFT_CHANGED_H
#define USERCLS_UPLIFT_CHANGED_H

#include "registry/registry.h"
#include "server/changed.h"

/* Of uplift_kind: see registry/model_kind.h. */
extern ChangedScores *uplift_changed(const Model *version, const ChangedSince *changed, Oid id_type,
									 const ScoreChoice *choice);

#endif
