/*
 * Many variants of a sequence, scored in batches as predict() would score each:
 *
 *   for (...)
 *   {
 *       if (variants_count(variants) == VARIANTS_BATCH) ... read variants_score(variants) ...
 *       float *copy = variants_add(variants, value, attribute);
 *       ... change the copy, or variants_attributes(variants) ...
 *   }
 */
#ifndef USERCLS_SEQUENCE_VARIANTS_H
#define USERCLS_SEQUENCE_VARIANTS_H

#include "sequence/stored.h"

#define VARIANTS_BATCH 64

typedef struct Variants Variants;

/* Of sequences of up to `steps` steps; what: the work, in an error about memory. In the current memory context. */
extern Variants *variants_make(const SequenceModel *model, size_t steps, const char *what);

/* A copy of a sequence (steps × F) and its attributes, to be changed until the next call. At most VARIANTS_BATCH until a score. */
extern float *variants_add(Variants *variants, const float *value, const float *attribute);
extern float *variants_attributes(Variants *variants); /* of the copy that was added last */

extern size_t variants_count(const Variants *variants); /* since the last score */

/* Probabilities of all that were added (n × C), until the next call; then there are none. Interruptible. */
extern const real *variants_score(Variants *variants);

#endif
