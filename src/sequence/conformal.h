/*
 * Prediction sets: the classes that a user may be of, so that for a given share of users the true one is among them.
 *
 * Split conformal prediction with a class's probability as the score, "least ambiguous sets" (Sadinle, Lei and Wasserman
 * 2019): sort the n users that a training held out by the probability of their true class, falling; that of number
 * ceil((n + 1) × coverage) is the least that a class in a set must have. A new user of the same kind has the true class
 * in the set with at least that probability, however good the probabilities are. A set may be empty.
 *
 * In a file: "conformal", a JSON array of the numbers of below, as texts.
 */
#ifndef USERCLS_SEQUENCE_CONFORMAL_H
#define USERCLS_SEQUENCE_CONFORMAL_H

#include "postgres.h"

#include "model/codec.h"
#include "nn/real.h"

#define CONFORMAL_MAX 400

typedef struct Conformal
{
	int n;
	real least
		[CONFORMAL_MAX]; /* n, falling: number i is the least probability for a coverage of (i + 1) / (n + 1) */
} Conformal;

/* Of n users, prob n × C, in the current memory context; of more users than CONFORMAL_MAX as many numbers, evenly. */
extern Conformal *conformal_measure(const real *prob, const int32_t *label, size_t n, size_t C);

/* The least probability of a class in a set; 0 where there are too few users for the coverage: all classes. */
extern real conformal_least(const Conformal *conformal, double coverage);

/* The metadata entry of a model's file. */
extern CodecEntry conformal_encode(const Conformal *conformal);

/* Of a file that has one, otherwise NULL; an error when it is damaged. */
extern Conformal *conformal_decode(const Codec *codec, const char *name, int32 version);

#endif
