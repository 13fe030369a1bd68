/*
 * Attributes of a user beside his sequence, as a network reads them. They are known when the sequence ends, and are
 * never summed over time.
 *
 *   a number:    ATTRIBUTE_BINS inputs, each of which says how far the number has come through an eighth of the users
 *                (0: not to where it begins, 1: beyond it), and one input more that is 1 where the number is not known
 *   a category:  the row of its table that the value has (an embedding), which is trained like any weight
 *
 * The numbers' code is the piecewise linear one of Gorishniy, Rubachev and Babenko 2022, equation 1, held within 0 and 1:
 * no outlier says more than that it is one.
 *
 * While a network is trained each attribute is hidden once in a while, so that it learns what to make of a user of whom
 * nothing is known, or only that his value is a new one.
 */
#ifndef USERCLS_SEQUENCE_PURE_ATTRIBUTES_H
#define USERCLS_SEQUENCE_PURE_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/params.h"
#include "nn/real.h"
#include "nn/rng.h"

#define ATTRIBUTES_MAX 32
#define ATTRIBUTE_BINS 8
#define ATTRIBUTE_EDGES (ATTRIBUTE_BINS + 1)
#define ATTRIBUTE_ROW_MAX 64 /* numbers of a row, at most */

/* Rows of a category's table; the values that training has seen follow them. */
enum
{
	ATTRIBUTE_UNKNOWN, /* null */
	ATTRIBUTE_UNSEEN,  /* a value that training has not seen, or seldom */
	ATTRIBUTE_VALUES
};

typedef struct AttributeShape
{
	int rows; /* of a category's table; 0: a number */
	int size; /* numbers of a row */
} AttributeShape;

/* n attributes. A user's are n floats: a number, NaN where it is not known, or the row of a category. */
typedef struct AttributeShapes
{
	int n;
	AttributeShape of[ATTRIBUTES_MAX];
} AttributeShapes;

/* Numbers of a row for so many values: enough to tell them apart. */
extern int attribute_row_size(int values);

/* How many inputs all attributes make together. */
extern size_t attributes_inputs(const AttributeShapes *shapes);

/* Append the tensors: attribute.edge (numbers × (ATTRIBUTE_BINS + 1)), and attributes.<i>.weight (rows × size). */
extern void attributes_params(ParamTable *table, const AttributeShapes *shapes);

/* Offsets of the attributes' tensors in the weights. */
typedef struct AttributeTensors
{
	size_t edge;
	size_t table[ATTRIBUTES_MAX];
} AttributeTensors;

extern AttributeTensors attributes_locate(const ParamTable *table, const AttributeShapes *shapes);

/* Hide some of a user's values. */
extern void attributes_hide(float *value, const AttributeShapes *shapes, Rng *rng);

/* out: attributes_inputs() numbers. */
extern void attributes_write(real *out, const float *value, const real *w, const AttributeTensors *at,
							 const AttributeShapes *shapes);

/* Adds the gradient of the tables to dw. */
extern void attributes_backward(real *dw, const real *dout, const float *value, const AttributeTensors *at,
								const AttributeShapes *shapes);

/* How far a number has come through each bin (ATTRIBUTE_BINS). */
extern void attribute_write_bins(real *out, float v, const real *edge);

/* Where the bins of a number begin and end (ATTRIBUTE_EDGES): of n values, which are sorted here. */
extern void attribute_edges(real *edge, float *value, size_t n);

#endif
