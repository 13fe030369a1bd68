/*
 * The arguments cutoffs and cutoff_every of train_sequence(): several moments to read up to.
 */
#ifndef USERCLS_SEQUENCE_CUTOFFS_H
#define USERCLS_SEQUENCE_CUTOFFS_H

#include "sequence/users.h"

/*
 * given: an array of times, or a number of cutoffs that are `every` apart (NULL: as far as the label lies ahead, at least a
 * period); NULL: as_of alone. Errors name the argument.
 */
extern SequenceCutoffs cutoffs_read(const Jsonb *given, const Interval *every,
									const SequenceReading *reading);

/* As members of a stored spec, in which cutoffs_of_spec() finds them again. */
extern void cutoffs_put(JsonbBuild *build, const SequenceCutoffs *cutoffs);
extern SequenceCutoffs cutoffs_of_spec(const Jsonb *spec, const SequenceReading *reading);

#endif
