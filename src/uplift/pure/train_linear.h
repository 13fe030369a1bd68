/* How a training fits the linear path of its network: stages between the first ones over all users and the epochs. */
#ifndef USERCLS_UPLIFT_PURE_TRAIN_LINEAR_H
#define USERCLS_UPLIFT_PURE_TRAIN_LINEAR_H

#include "uplift/pure/train_state.h"

extern void trainlinear_carve(TrainLinear *fit, Arena *arena, const UpliftTask *task);

/* Doubles that a lane adds up in the fit, from sum_fit() on. */
extern size_t trainlinear_sums(const UpliftTask *task);

/* Whether a training has nothing to do in a stage. */
extern bool trainlinear_skips(const UpliftTask *task, int stage);

/* To be called before the first stage of the three, once the constant heads are known. */
extern void trainlinear_begin(UpliftTask *task);

/* Of each stage what adds up users from .. end - 1, and its end, which says whether the stage comes once more. */
extern void trainlinear_spread(double *sum, const UpliftTask *task, size_t from, size_t end);
extern bool trainlinear_spread_end(UpliftTask *task);
extern void trainlinear_fit(double *sum, const UpliftTask *task, size_t from, size_t end);
extern bool trainlinear_fit_end(UpliftTask *task, double *sum);
extern void trainlinear_apply(double *sum, const UpliftTask *task, size_t from, size_t end);

#endif
