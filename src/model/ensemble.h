/*
 * An ensemble: several networks in one model, of the same tensors, whose answers are averaged.
 */
#ifndef USERCLS_MODEL_ENSEMBLE_H
#define USERCLS_MODEL_ENSEMBLE_H

#include "model/params.h"
#include "model/status.h"

/* Networks of a model, at most. */
#define ENSEMBLE_MAX 8

/* The row of an option table that says how many there are: see model/config.h. */
/* clang-format off */
#define ENSEMBLE_OPTION(OPTION) \
	OPTION(INT, ensemble, 1, 1, ENSEMBLE_MAX, NULL, \
		   "Networks, each of another seed and held-out part, whose answers are averaged: scoring costs as often.")
/* clang-format on */

/*
 * Tensors of a model of so many networks: of its only one under their own names; of several those of the i-th under
 * "ensemble.<i>.", one network after the other. STATUS_BAD_VALUE, with what "ensemble", where these are more than fit
 * the table, which then has those of one network. ensemble_tensor() is a tensor's name without the prefix.
 */
extern Status ensemble_params(ParamTable *table, const ParamTable *network, int networks);
extern const char *ensemble_tensor(const char *name);

#endif
