/*
 * The networks of a training: one, several for an ensemble, and before them the candidates of architecture => 'auto'.
 */
#ifndef USERCLS_SEQUENCE_NETWORKS_H
#define USERCLS_SEQUENCE_NETWORKS_H

#include "sequence/pure/train.h"
#include "sequence/request.h"
#include "sequence/stored.h"
#include "sequence/users.h"
#include "sequence/users_attributes.h"
#include "work/train.h"

/* What the networks of a model are trained on. */
typedef struct NetworksTraining
{
	TrainRun *run;
	SequenceRequest *request;
	const SequenceUsers *users; /* the held-out ones first */
	size_t held_out;
	SequenceSetup setup;  /* of one network */
	const double *weight; /* C: of the classes */
	const Attributes *attributes;
	const AttributeCoder *coder; /* set by networks_train(), for all of them */
	const SequenceModel *warm;   /* to go on from, or NULL */
} NetworksTraining;

typedef struct TrainedNetworks
{
	ParamTable *params; /* of the model */
	real *w;            /* in the current memory context */
	int best_epoch;     /* of the first network */
	double temperature; /* of the first network, as it is stored */
	Jsonb *candidates;  /* what architecture => 'auto' measured; NULL: it was not asked for */
} TrainedNetworks;

/* The request's config with that architecture; false: it does not know an option that was given. */
extern bool networks_candidate(SequenceConfig *config, const SequenceRequest *request, int architecture);

/* Bytes that the training takes: of the candidate that takes most. */
extern size_t networks_memory(const NetworksTraining *training);

/*
 * Train them. For architecture => 'auto' request->config becomes that of the candidate with the least log-loss, of
 * the held-out users, or where they are few of five parts of the others, each held out in turn.
 */
extern TrainedNetworks networks_train(NetworksTraining *training);

#endif
