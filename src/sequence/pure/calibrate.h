/* Temperature scaling (Guo et al. 2017): one number that makes confidence match accuracy. */
#ifndef USERCLS_SEQUENCE_PURE_CALIBRATE_H
#define USERCLS_SEQUENCE_PURE_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "nn/real.h"

/* Mean of -log softmax((score + bias) / temperature)[label] over n rows of C scores. */
extern double calibrate_loss(const real *score, const real *bias, double temperature, const int32_t *label,
							 size_t n, size_t C);

/* By how many standard errors of its mean the loss of `score` is lower than that of `other`, row by row. */
extern double calibrate_gain(const real *score, const real *other, const real *bias, const int32_t *label,
							 size_t n, size_t C);

/* The temperature of the least loss. A weak prior keeps it near 1 where n is small. */
extern double calibrate_temperature(const real *score, const real *bias, const int32_t *label, size_t n,
									size_t C);

#endif
