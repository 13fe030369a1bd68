/*
 * The label that a window will have whose first changes are known, when those that are left behave in a plain way:
 * each moves with the same probability, and their net sign is near normal.
 */
#ifndef USERCLS_SEQUENCE_PURE_OUTLOOK_H
#define USERCLS_SEQUENCE_PURE_OUTLOOK_H

#include <stddef.h>

#include "labeler/pure/label.h"

/* What is known of a window, and how the changes that are left in it behave. */
typedef struct OutlookOf
{
	SignScore known;
	size_t left;        /* changes that are not known */
	double moving;      /* the probability that one of them is not 0 */
	double drift;       /* the mean sign of the first one that is not 0 */
	double each, first; /* the net sign of j changes that are not 0 has the variance first + each × j */
} OutlookOf;

/* Probabilities of both labels; what is left of 1 is that of neither. */
typedef struct Outlook
{
	double falls, rises;
} Outlook;

extern Outlook outlook(const OutlookOf *of);

/* The smallest net sign of so many changes, none of them 0, that is a trend; more than `moves` when none is. */
extern long outlook_critical(long moves);

#endif
