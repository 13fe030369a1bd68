/*
 * Why a user has a score: what each part of his sequence and each of his attributes adds, against the typical user
 * (sequence/typical.h). Contributions are Shapley values (nn/shapley.h): all of them add up to the difference of the scores.
 *
 * A part is a feature in a stretch of periods: the silence at the end, if there is one, and the rest in a few equal
 * stretches. Whoever has a part has the user's values in it, and whoever has it not the typical user's: plain values, of which
 * a network makes all it reads, so that a part speaks of its channels, the summary and the baseline at once.
 */
#ifndef USERCLS_SEQUENCE_REASONS_H
#define USERCLS_SEQUENCE_REASONS_H

#include "sequence/variants.h"

typedef struct Reason
{
	int feature;     /* -1: none */
	int attribute;   /* -1: none */
	size_t from, to; /* periods of the window */
	bool silent;     /* at the end: no value of the feature but 0 */
	double value, typical;
	double contribution;
} Reason;

typedef struct Reasons
{
	int class; /* -1: the mean of the number that the model answers */
	double score, typical;
	int n;
	Reason *of; /* the largest contribution first, whatever its sign */
} Reasons;

typedef struct Reasoner Reasoner;

/* About so many values of the network a user. In the current memory context. */
#define REASONS_VALUES 256
#define REASONS_VALUES_FEW 64

extern Reasoner *reasoner_make(const SequenceModel *model, size_t W, int values);

/* No class was asked for: the one that the model gives the user, or of a number its mean. */
#define REASONS_ANY_CLASS (-1)

/* Of a user's window (W × F) and attributes, until the next call. Interruptible. */
extern const Reasons *reasoner_run(Reasoner *reasoner, const float *value, const float *attribute, int class);

#endif
