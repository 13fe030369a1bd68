/*
 * The argument features of train_sequence(): columns, and aggregate expressions over a period's rows.
 */
#ifndef USERCLS_SEQUENCE_FEATURES_H
#define USERCLS_SEQUENCE_FEATURES_H

#include "sequence/users.h"

/*
 * Tell columns from expressions among reading->features. A column of texts or of an enum becomes expressions that count the
 * rows of each of its most frequent values up to as_of (NULL: the latest possible), and of all others.
 */
extern void features_resolve(SequenceReading *reading, const TimestampTz *as_of);

/* Those of a stored spec, which says which of them are expressions. */
extern void features_put(JsonbBuild *build, const SequenceReading *reading);
extern bool *features_expressions(const char *const *features, int F, const Jsonb *spec);

#endif
