/*
 * The networks of a training: one, or those of an ensemble, one after the other.
 */
#ifndef USERCLS_UPLIFT_NETWORKS_H
#define USERCLS_UPLIFT_NETWORKS_H

#include "uplift/pure/train.h"
#include "uplift/train_uplift.h"

/* What they are trained on. */
typedef struct UpliftTraining
{
	TrainRun *run;
	const UpliftRequest *request;
	const UserGraph *users;
	const uint8_t *held_out; /* N: of the version */
	UpliftSetup setup;       /* of one network */
	const UpliftModel *warm; /* to go on from, or NULL */
} UpliftTraining;

/* Bytes that the training holds besides its users and the running network. */
extern size_t uplift_networks_bytes(const UpliftSetup *setup);

/* The model, in the current memory context; weights and best epoch go into the record. */
extern const UpliftModel *uplift_networks_train(VersionRecord *record, const UpliftTraining *training);

#endif
