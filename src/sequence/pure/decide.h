/* Factors of the probabilities that make macro-F1 the largest: the class that is answered has the largest product. */
#ifndef USERCLS_SEQUENCE_PURE_DECIDE_H
#define USERCLS_SEQUENCE_PURE_DECIDE_H

#include <stddef.h>

#include "nn/real.h"

/*
 * weight (C) for n rows of calibrated probabilities, prob (n × C); 1 for the class that is most probable on average.
 * Labels are not needed: a row counts for each class as much as it is probable. scratch: 3 C.
 */
extern void decide_macro_f1(real *weight, const real *prob, size_t n, size_t C, double *scratch);

#endif
