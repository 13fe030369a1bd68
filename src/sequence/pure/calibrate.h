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

/* What several networks say of the same rows: K × n × C probabilities. */
typedef struct CalibratedMean
{
	const real *prob;
	size_t K, n, C;
	const int32_t *label; /* n */
	void (*pause)(void);  /* called between two looks at all rows; NULL: nothing is */
} CalibratedMean;

/*
 * The factor of all networks' temperatures at which the mean of their probabilities has the least loss: a mean is less
 * sure than the networks whose own temperatures are right.
 */
extern double calibrate_mean(const CalibratedMean *mean);

#endif
