/*
 * The user in the middle of his surroundings: his score, as often as it is wanted, with these features or with others.
 */
#ifndef USERCLS_UPLIFT_CENTRE_H
#define USERCLS_UPLIFT_CENTRE_H

#include "uplift/neighbourhood.h"

typedef struct Centre Centre;

/* In the current memory context. */
extern Centre *centre_make(const UpliftModel *model, const Neighbourhood *near);

/* feature: of all users in the surroundings (near->N × F). Interruptible. */
extern void centre_run(Centre *centre, const float *feature);

/* After a run: what each treatment does to him. */
extern void centre_scores(UpliftScore *score, const Centre *centre);

/* share: of each of the near->N users how much he listens to him in the last layer, 0 for who is no neighbour; false: he does not attend. */
extern bool centre_attention(double *share, const Centre *centre);

#endif
