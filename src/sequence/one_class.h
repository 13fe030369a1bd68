/*
 * One class of a sequence model against the others: the users of a sample by falling probability of that class.
 */
#ifndef USERCLS_SEQUENCE_ONE_CLASS_H
#define USERCLS_SEQUENCE_ONE_CLASS_H

#include "metrics/class_metrics.h"
#include "metrics/pure/curve.h"
#include "metrics/sample.h"

typedef struct OneClass
{
	const ClassSample *sample;
	ClassRanking ranking;
	BinaryScores scores; /* of the ranking: label 1 is the class */
} OneClass;

/* arg: the argument with the name of the class. In the current memory context. */
extern void one_class_read(OneClass *one, FunctionCallInfo fcinfo, int arg, EvaluateArguments at);

/* The cuts of its scores (metrics/pure/curve.h), and how many. */
extern Cut *one_class_cuts(size_t *n, const OneClass *one);

#endif
