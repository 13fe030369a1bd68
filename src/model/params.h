/*
 * The tensors of a model: one table, read by everything that needs to know.
 *
 * An architecture adds its tensors once; size, initial values, storage,
 * inspection and the optimiser all read the table. The values live in one flat
 * vector of `total` reals, each tensor row-major at its offset, under PyTorch's
 * names and shapes (lstm.weight_ih_l0 is 4H × F, gates i-f-g-o).
 */
#ifndef USERCLS_MODEL_PARAMS_H
#define USERCLS_MODEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/real.h"
#include "nn/rng.h"

#define PARAM_NAME_MAX 64
#define PARAM_DIMS_MAX 3
#define PARAM_COUNT_MAX 1024

typedef enum ParamInit
{
	INIT_CONSTANT, /* every element is `scale` */
	INIT_UNIFORM   /* uniform in [-scale, scale) */
} ParamInit;

typedef struct Tensor
{
	char name[PARAM_NAME_MAX];
	int dims;
	size_t dim[PARAM_DIMS_MAX];
	size_t size;   /* product of dim */
	size_t offset; /* of its first element in the flat vector */
	ParamInit init;
	double scale;
	bool decay;   /* weight decay applies: matrices, not biases */
	bool fixed;   /* stored with the weights but never trained (input.mean, calibration.temperature) */
	bool running; /* fixed, but follows what its gradient holds: measures of the mini-batch */
} Tensor;

typedef struct ParamTable
{
	size_t count;
	size_t total; /* elements of all tensors */
	Tensor param[PARAM_COUNT_MAX];
} ParamTable;

/*
 * Append a tensor of dims dimensions (unused ones are given as 0) and return its offset.
 * A tensor with more than one dimension decays.
 */
extern size_t params_add(ParamTable *table, const char *name, ParamInit init, double scale, int dims,
						 size_t d0, size_t d1, size_t d2);

/* The tensor of that name, or NULL. */
extern const Tensor *params_find(const ParamTable *table, const char *name);

/* Whether both have the same tensors, by name and shape: then weights of one fit the other. */
extern bool params_same(const ParamTable *a, const ParamTable *b);

/* Initial values, in table order: the same seed gives the same weights. */
extern void params_init(real *w, const ParamTable *table, Rng *rng);

#endif
