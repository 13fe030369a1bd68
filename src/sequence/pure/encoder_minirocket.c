/* MiniRocket: features of the whole sequence, which are drawn and measured, and not trained. */
#include "sequence/pure/encoder.h"

static Rocket
rocket_of(const SequenceConfig *config, size_t I)
{
	return rocket_make((size_t) config->window_periods, I, (size_t) config->num_features);
}

static size_t
minirocket_width(const SequenceConfig *config, size_t I)
{
	const Rocket rocket = rocket_of(config, I);

	return rocket_feature(&rocket, rocket_pairs(&rocket));
}

static void
add_fixed(ParamTable *table, const char *name, int dims, size_t rows, size_t columns)
{
	params_add(table, name, INIT_CONSTANT, 0, dims, rows, columns, 0);
	table->param[table->count - 1].fixed = true;
}

static void
minirocket_params(ParamTable *table, const SequenceConfig *config, size_t I)
{
	const Rocket rocket = rocket_of(config, I);

	add_fixed(table, "minirocket.channel", 2, rocket_pairs(&rocket), I);
	add_fixed(table, "minirocket.bias", 1, rocket_feature(&rocket, rocket_pairs(&rocket)), 0);
}

static void
minirocket_init(Network *net, const ParamTable *table)
{
	net->rocket = rocket_of(&net->config, net->I);
	net->layer[0].tensor[0] = params_find(table, "minirocket.channel")->offset;
	net->layer[0].tensor[1] = params_find(table, "minirocket.bias")->offset;
}

static void
minirocket_weights(Network *net __attribute__((unused)), Arena *arena __attribute__((unused)))
{
}

static void
minirocket_work(Network *net, Arena *arena, size_t T __attribute__((unused)),
				size_t B __attribute__((unused)), bool training __attribute__((unused)))
{
	rocket_carve(&net->rocket_work, arena, &net->rocket);
}

static void
minirocket_pack(Network *net __attribute__((unused)), const real *w __attribute__((unused)),
				int layer __attribute__((unused)))
{
}

/* The first step that the encoder reads of sequence b: of a longer one the last T count. */
static size_t
first_step(const Steps *steps, size_t b, size_t T)
{
	size_t t = steps->T > T ? steps->T - T : 0;

	while (t < steps->T && b >= steps_active(steps, t))
		t++;
	return t;
}

void
minirocket_read(Network *net, size_t b)
{
	const Rocket *rocket = &net->rocket;
	const Steps *steps = &net->steps;
	const size_t first = first_step(steps, b, rocket->T);

	rocket_clear(rocket, &net->rocket_work);
	for (size_t i = 0; i < rocket->I; i++)
	{
		real *channel = rocket_channel(rocket, &net->rocket_work, i);

		for (size_t t = first; t < steps->T; t++)
			channel[rocket->T + t - steps->T] = net->x[(steps->row[t] + b) * rocket->I + i];
	}
}

void
minirocket_part(Network *net, real *out, size_t ldout, const real *w, size_t from, size_t to)
{
	for (size_t b = 0; b < net->steps.B; b++)
	{
		if (steps_interrupted(&net->steps))
			return;
		minirocket_read(net, b);
		rocket_features(out + b * ldout, &net->rocket, &net->rocket_work, w + net->layer[0].tensor[0],
						w + net->layer[0].tensor[1], from, to);
	}
}

static void
minirocket_whole(Network *net, const real *w)
{
	minirocket_part(net, net->pooled, net->D, w, 0, rocket_pairs(&net->rocket));
}

const Encoder minirocket_encoder = {
	.layers = 1,
	.width = minirocket_width,
	.params = minirocket_params,
	.init = minirocket_init,
	.carve_weights = minirocket_weights,
	.carve_work = minirocket_work,
	.pack = minirocket_pack,
	.whole = minirocket_whole,
};
