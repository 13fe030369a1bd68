/*
 * Uplift on a graph that usercls.max_memory has no room to train on as a whole:
 * steps on mini-batches (uplift/pure/sample.h) instead of all users at once.
 */
#ifndef USERCLS_UPLIFT_SAMPLED_H
#define USERCLS_UPLIFT_SAMPLED_H

#include "uplift/pure/train.h"
#include "uplift/stored.h"
#include "uplift/train_uplift.h"

/*
 * Users of a batch for a training that needs `beside` bytes besides its own: 0 when it fits as a whole, otherwise as
 * many as fit, with a notice unless quiet; the fewest when nothing fits. 0 without edges: those need no choice.
 */
extern size_t uplift_batch(const UpliftSetup *setup, size_t beside, bool quiet);

/*
 * Build the graph of a training and fill its data. held_out, left_out: a byte for each user; who is left out is in the
 * graph and not in the experiment (NULL: nobody).
 */
extern void uplift_fill(UpliftTask *task, const UserGraph *users, const uint8_t *held_out,
						const uint8_t *left_out);

/* Scores of all nodes, of which those of the held-out users are answers, by samples of their surroundings. */
extern UpliftScore *uplift_of_held_out(const UpliftModel *model, const UserGraph *users,
									   const UpliftRequest *from, const uint8_t *held_out);

#endif
