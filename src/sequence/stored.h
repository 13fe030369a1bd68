/*
 * A stored sequence model, ready to score; and how it is stored.
 */
#ifndef USERCLS_SEQUENCE_STORED_H
#define USERCLS_SEQUENCE_STORED_H

#include "sequence/attributes.h"
#include "sequence/pure/net.h"
#include "sequence/pure/numbers.h"
#include "sequence/conformal.h"
#include "sequence/typical.h"
#include "registry/model_kind.h"
#include "sequence/users.h"

typedef struct SequenceModel
{
	SequenceConfig config;
	int F, C;
	char **features; /* F */
	Attributes attributes;
	char **classes;       /* C */
	Datum *class_text;    /* C: the names as text */
	NumberRanges *ranges; /* that the classes are, when it answers a number; NULL */
	ParamTable *params;
	real *w;
	Typical *typical;
	Conformal *conformal;  /* NULL: its training held out nobody, or it is from elsewhere */
	real *decision;        /* C: see sequence_model_class() */
	MemoryContext context; /* that all of this lives in */

	/* For one sequence at a time: sequence_model_scorer(). */
	SequenceScorer *scorer;
	size_t max_steps;
	void *block;
} SequenceModel;

extern const ModelKind sequence_kind;

/* Of sequence_kind. */
extern void *sequence_model_decode(const void *bytes, size_t size, const char *model, int32 version);

/* An error unless all are finite: NaN would rank above every score. */
extern void sequence_check_finite(const real *prob, size_t n);

/* The class to answer for these probabilities: the most probable one, unless the training asked for another decision. */
extern int sequence_model_class(const SequenceModel *model, const real *prob);

/* The class of that name; an error with the nearest name when there is none. */
extern int sequence_model_class_named(const SequenceModel *model, const char *name);

/*
 * An error unless the weights and the training spec name the same features and attributes. Both come from a row, and an
 * import, or whoever owns the registry, may have put together what does not belong together.
 */
extern void sequence_model_check_spec(const SequenceModel *model, const SequenceReading *reading);

/* An error when the model reads attributes: what it is given has none. hint: where they go. */
extern void sequence_model_no_attributes(const SequenceModel *model, const char *hint);

/* The model's own scorer, made larger when a sequence is longer than any before. */
extern SequenceScorer *sequence_model_scorer(SequenceModel *model, size_t steps);

/* Another scorer, for up to n sequences at once, in the current memory context. */
extern SequenceScorer *sequence_model_batch(const SequenceModel *model, size_t max_steps, size_t n,
											const char *what);

/* What a safetensors file says beside the weights. */
typedef struct SequenceFile
{
	const SequenceConfig *config;
	const SequenceReading *reading;
	const Attributes *attributes;
	const Typical *typical;
	const Conformal *conformal; /* NULL */
	const char *const *classes;
	int C;
	const NumberRanges *ranges; /* of a number; NULL */
} SequenceFile;

/* The safetensors file of trained weights. */
extern bytea *sequence_model_encode(const SequenceFile *file, const ParamTable *params, const real *w);

#endif
