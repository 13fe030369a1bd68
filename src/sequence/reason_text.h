/*
 * A reason as a sentence: "no purchases for 14 weeks; usual: 3".
 */
#ifndef USERCLS_SEQUENCE_REASON_TEXT_H
#define USERCLS_SEQUENCE_REASON_TEXT_H

#include "sequence/reasons.h"

/* What the words are of: a user of the source. Dates are those of the session's time zone. */
typedef struct ReasonWords
{
	const SequenceReading *reading;
	const SequenceUsers *users;
	size_t i;
	const SequenceModel *model;
	const float *attribute; /* the user's */
} ReasonWords;

/* In the current memory context. */
extern char *reason_text(const ReasonWords *of, const Reason *reason);

#endif
