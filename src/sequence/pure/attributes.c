#include "sequence/pure/attributes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a table begins with: rows of order 1/2, that the first layer makes little of. */
#define TABLE_BOUND 0.5

/* One value in so many is hidden while training. */
#define HIDDEN_ONE_IN 50

/* 1.6 n^0.56 as fastai has it, but no more than is of use here. */
#define ROW_MOST 16

int
attribute_row_size(int values)
{
	const int size = (int) lround(1.6 * pow((double) values, 0.56));

	return size < 1 ? 1 : size > ROW_MOST ? ROW_MOST : size;
}

static size_t
inputs_of(const AttributeShape *shape)
{
	return shape->rows > 0 ? (size_t) shape->size : ATTRIBUTE_BINS + 1;
}

size_t
attributes_inputs(const AttributeShapes *shapes)
{
	size_t n = 0;

	for (int i = 0; i < shapes->n; i++)
		n += inputs_of(&shapes->of[i]);
	return n;
}

static size_t
count_numbers(const AttributeShapes *shapes)
{
	size_t n = 0;

	for (int i = 0; i < shapes->n; i++)
		n += shapes->of[i].rows == 0;
	return n;
}

static void
table_name(char *name, int attribute)
{
	snprintf(name, PARAM_NAME_MAX, "attributes.%d.weight", attribute);
}

void
attributes_params(ParamTable *table, const AttributeShapes *shapes)
{
	const size_t numbers = count_numbers(shapes);
	char name[PARAM_NAME_MAX];

	if (numbers > 0)
	{
		params_add(table, "attribute.edge", INIT_CONSTANT, 0, 2, numbers, ATTRIBUTE_EDGES, 0);
		table->param[table->count - 1].fixed = true;
	}
	for (int i = 0; i < shapes->n; i++)
	{
		const AttributeShape *shape = &shapes->of[i];

		if (shape->rows == 0)
			continue;
		table_name(name, i);
		params_add(table, name, INIT_UNIFORM, TABLE_BOUND, 2, (size_t) shape->rows, (size_t) shape->size, 0);
	}
}

AttributeTensors
attributes_locate(const ParamTable *table, const AttributeShapes *shapes)
{
	AttributeTensors at = {0};
	char name[PARAM_NAME_MAX];

	if (count_numbers(shapes) > 0)
		at.edge = params_find(table, "attribute.edge")->offset;
	for (int i = 0; i < shapes->n; i++)
	{
		if (shapes->of[i].rows == 0)
			continue;
		table_name(name, i);
		at.table[i] = params_find(table, name)->offset;
	}
	return at;
}

void
attributes_hide(float *value, const AttributeShapes *shapes, Rng *rng)
{
	for (int i = 0; i < shapes->n; i++)
	{
		const size_t drawn = rng_below(rng, 2 * HIDDEN_ONE_IN);

		if (drawn > 1)
			continue;
		if (shapes->of[i].rows == 0)
			value[i] = NAN;
		else
			value[i] = drawn == 0 ? ATTRIBUTE_UNKNOWN : ATTRIBUTE_UNSEEN;
	}
}

/* How far v has come from one edge to the next. Edges at one place make no bin. */
static real
share_of_bin(float v, const real *edge)
{
	const double low = (double) edge[0], high = (double) edge[1];

	if (!(high > low))
		return 0;
	return (real) fmin(1, fmax(0, ((double) v - low) / (high - low)));
}

void
attribute_write_bins(real *out, float v, const real *edge)
{
	for (int k = 0; k < ATTRIBUTE_BINS; k++)
		out[k] = share_of_bin(v, edge + k);
}

static void
write_number(real *out, float v, const real *edge)
{
	out[ATTRIBUTE_BINS] = isnan(v);
	if (isnan(v))
		memset(out, 0, ATTRIBUTE_BINS * sizeof(real));
	else
		attribute_write_bins(out, v, edge);
}

void
attributes_write(real *out, const float *value, const real *w, const AttributeTensors *at,
				 const AttributeShapes *shapes)
{
	const real *edge = w + at->edge;

	for (int i = 0; i < shapes->n; i++)
	{
		const AttributeShape *shape = &shapes->of[i];

		if (shape->rows == 0)
		{
			write_number(out, value[i], edge);
			edge += ATTRIBUTE_EDGES;
		}
		else
			memcpy(out, w + at->table[i] + (size_t) value[i] * (size_t) shape->size,
				   (size_t) shape->size * sizeof(real));
		out += inputs_of(shape);
	}
}

void
attributes_backward(real *dw, const real *dout, const float *value, const AttributeTensors *at,
					const AttributeShapes *shapes)
{
	for (int i = 0; i < shapes->n; i++)
	{
		const AttributeShape *shape = &shapes->of[i];

		for (int k = 0; shape->rows > 0 && k < shape->size; k++)
			dw[at->table[i] + (size_t) value[i] * (size_t) shape->size + (size_t) k] += dout[k];
		dout += inputs_of(shape);
	}
}

/* ---- Edges ---- */

static int
compare_floats(const void *a, const void *b)
{
	const float x = *(const float *) a, y = *(const float *) b;

	return x < y ? -1 : x > y;
}

/* Of sorted values: those that differ from the one before, to the front. */
static size_t
distinct(float *value, size_t n)
{
	size_t m = n > 0;

	for (size_t i = 1; i < n; i++)
		if (value[i] > value[m - 1])
			value[m++] = value[i];
	return m;
}

/* Quantiles, but for a number of few values these, so that each has an edge of its own. */
void
attribute_edges(real *edge, float *value, size_t n)
{
	real quantile[ATTRIBUTE_EDGES] = {0};
	size_t m;

	qsort(value, n, sizeof(*value), compare_floats);
	for (size_t k = 0; n > 0 && k < ATTRIBUTE_EDGES; k++)
		quantile[k] = (real) value[k * (n - 1) / ATTRIBUTE_BINS];
	m = distinct(value, n);
	for (size_t k = 0; k < ATTRIBUTE_EDGES; k++)
		edge[k] = m > ATTRIBUTE_EDGES ? quantile[k] : m > 0 ? (real) value[k < m ? k : m - 1] : 0;
}
