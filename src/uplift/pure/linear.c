#include "uplift/pure/linear.h"

#include <math.h>

void
linear_input(real *own, const UpliftNet *net, const real *w, const float *feature)
{
	for (size_t f = 0; f < net->F; f++)
		own[f] = isnan(feature[f]) ? 0 : (feature[f] - w[net->mean + f]) / w[net->scale + f];
	own[net->F] = 1;
}

void
linear_levels(real *level, const UpliftNet *net, const real *w, const float *feature)
{
	const size_t inputs = linear_inputs(net);

	for (size_t c = 0; c < net->C; c++)
		for (size_t k = 0; k <= net->L; k++)
		{
			const real *weight = w + net->linear + (c * (net->L + 1) + k) * inputs;
			double sum = weight[net->F];

			for (size_t f = 0; f < net->F; f++)
				if (!isnan(feature[f]))
					sum += weight[f] * ((double) (feature[f] - w[net->mean + f]) / w[net->scale + f]);
			level[k * net->C + c] = (real) sum;
		}
}

void
linear_sum(real *sum, const real *rows, size_t width, size_t first, size_t n, const Adjacency *in, size_t i,
		   real scale)
{
	for (size_t c = 0; c < n; c++)
		sum[c] = 0;
	for (size_t at = in->start[i]; at < in->start[i + 1]; at++)
	{
		const real weight = in->log_weight ? (real) exp((double) in->log_weight[at]) : 1;
		const real *row = rows + in->node[at] * width + first;

		for (size_t c = 0; c < n; c++)
			sum[c] += weight * row[c];
	}
	for (size_t c = 0; c < n; c++)
		sum[c] *= scale;
}

void
linear_add(real *logit, const real *level, size_t n, size_t C)
{
	for (size_t i = 0; i < n; i++)
		logit[i % C] += level[i];
}
