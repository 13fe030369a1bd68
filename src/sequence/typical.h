/*
 * The typical user of a training, against whom others are explained: nobody's data, but what the median user does.
 *
 * He is there for as many periods as the median user. In each feature he is active (its sum is not 0) in as many periods as
 * the median user, evenly, for the last time as long ago as the median user, each time with the median user's mean. In the
 * periods between there is no value, or 0, whichever is more frequent. His numbers are the medians of the attributes,
 * his categories the most frequent ones.
 *
 * He travels in the model's file, as these keys of its metadata:
 *
 *   typical_periods      "26"
 *   typical              ["12.5", "20", "0", "1", ...]: of each feature value, active periods, periods since, whether others are missing
 *   typical_attributes   ["41", "3"]: as the network reads them (sequence/pure/attributes.h)
 *
 * Of a file without them he is what input.mean says of each period, and none of his attributes is known.
 */
#ifndef USERCLS_SEQUENCE_TYPICAL_H
#define USERCLS_SEQUENCE_TYPICAL_H

#include "sequence/attributes.h"
#include "sequence/users.h"

struct SequenceModel;

typedef struct TypicalFeature
{
	double value; /* of an active period */
	int active;   /* periods */
	int since;    /* periods since the last active one */
	bool missing; /* others have no value; or else 0 */
} TypicalFeature;

typedef struct Typical
{
	int periods;
	TypicalFeature *feature; /* F */
	float *attribute;        /* A */
} Typical;

/* Measured on the users from held_out on, whom the training learned from. The result is in the current memory context. */
extern Typical *typical_measure(const SequenceUsers *users, const Attributes *attributes, size_t held_out);

/* The typical user's sequence, W × F: NaN where there is no value. */
extern void typical_sequence(float *value, const Typical *typical, size_t W, size_t F);

/* Entries of a file's metadata; write them, and return how many. */
#define TYPICAL_ENTRIES 3
extern int typical_encode(CodecEntry *entry, const Typical *typical, int F, int A);

/* Of a file, for the model that is read from it, whose weights are known; an error when it is damaged. */
extern Typical *typical_decode(const Codec *codec, const struct SequenceModel *model, const char *name,
							   int32 version);

#endif
