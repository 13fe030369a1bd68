#include "uplift/pure/net.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "nn/act.h"
#include "uplift/pure/gat.h"

static const char *const estimators[] = {"partial_label", "two_head", "class_transform", "three_losses",
										 NULL};
static const char *const outcomes[] = {"yes_no", "number", NULL};
static const char *const depths[] = {"gated", "residual", "none", NULL};
static const char *const aggregates[] = {"attention", "sum", "attention+sum", NULL};
static const char *const monitors[] = {"loss", "qini", NULL};

#define ROW(...) OPTION_ROW(UpliftConfig, __VA_ARGS__)

const Option uplift_options[] = {UPLIFT_OPTIONS(ROW)};
const size_t uplift_option_count = sizeof(uplift_options) / sizeof(uplift_options[0]);

Status
uplift_config_check(const UpliftConfig *config)
{
	if (config->hidden_size % config->heads != 0)
		return status_make(STATUS_BAD_VALUE, 0, "heads");
	if (config->outcome == OUTCOME_NUMBER && config->estimator != ESTIMATOR_TWO_HEAD &&
		config->estimator != ESTIMATOR_CLASS_TRANSFORM)
		return status_make(STATUS_BAD_VALUE, 0, "outcome");
	return STATUS_FINE;
}

bool
uplift_of_numbers(const UpliftConfig *config)
{
	return config->estimator == ESTIMATOR_CLASS_TRANSFORM || config->outcome == OUTCOME_NUMBER;
}

bool
uplift_tells_apart(const UpliftConfig *config, size_t treatments)
{
	return treatments <= 1 || config->estimator == ESTIMATOR_TWO_HEAD;
}

static size_t
add_fixed(ParamTable *table, const char *name, double value, size_t size)
{
	const size_t offset = params_add(table, name, INIT_CONSTANT, value, 1, size, 0, 0);

	table->param[table->count - 1].fixed = true;
	return offset;
}

/* A linear map's weights and bias, of I inputs and O outputs, as PyTorch initialises them. */
static size_t
add_linear(ParamTable *table, size_t *bias, const char *name, size_t O, size_t I)
{
	char full[PARAM_NAME_MAX + 8];

	snprintf(full, sizeof(full), "%s.weight", name);

	const size_t weight = params_add(table, full, INIT_UNIFORM, 1 / sqrt((double) I), 2, O, I, 0);

	snprintf(full, sizeof(full), "%s.bias", name);
	*bias = params_add(table, full, INIT_CONSTANT, 0, 1, O, 0, 0);
	return weight;
}

static size_t
add_layer_tensor(ParamTable *table, int l, const char *name, ParamInit init, double scale, int dims,
				 size_t d0, size_t d1)
{
	char full[PARAM_NAME_MAX];

	snprintf(full, sizeof(full), "layers.%d.%s", l, name);
	return params_add(table, full, init, scale, dims, d0, d1, 0);
}

/* A tensor of relation r; where there is only one its name is that of a layer's own. */
static void
add_tensor_of(ParamTable *table, const UpliftNet *net, int l, size_t r, const char *name, ParamInit init,
			  double scale, int dims, size_t d0, size_t d1)
{
	char full[PARAM_NAME_MAX];

	if (net->R > 1)
		snprintf(full, sizeof(full), "layers.%d.relations.%zu.%s", l, r, name);
	else
		snprintf(full, sizeof(full), "layers.%d.%s", l, name);
	params_add(table, full, init, scale, dims, d0, d1, 0);
}

/* The same tensor of each relation, one behind the other. */
static size_t
add_relation_tensor(ParamTable *table, const UpliftNet *net, int l, const char *name, ParamInit init,
					double scale, int dims, size_t d0, size_t d1)
{
	const size_t offset = table->total;

	for (size_t r = 0; r < net->R; r++)
		add_tensor_of(table, net, l, r, name, init, scale, dims, d0, d1);
	return offset;
}

/* Of each relation what products are made with: 3H × H, without attention H × H. */
static size_t
add_products(ParamTable *table, const UpliftNet *net, int l)
{
	static const char *const names[] = {"self.weight", "neighbour.weight", "value.weight"};
	const size_t H = net->H;
	const size_t offset = table->total;

	for (size_t r = 0; r < net->R; r++)
		for (size_t i = uplift_attends(net) ? 0 : 2; i < 3; i++)
			add_tensor_of(table, net, l, r, names[i], INIT_UNIFORM, 1 / sqrt((double) H), 2, H, H);
	return offset;
}

static void
add_layer(UpliftLayer *layer, ParamTable *table, const UpliftNet *net, int l)
{
	const size_t H = net->H;

	layer->products = add_products(table, net, l);
	if (uplift_attends(net))
	{
		layer->self_bias = add_relation_tensor(table, net, l, "self.bias", INIT_CONSTANT, 0, 1, H, 0);
		layer->score = add_relation_tensor(table, net, l, "score.weight", INIT_UNIFORM,
										   sqrt((double) net->K / (double) H), 2, net->K, H / net->K);
	}
	if (net->R > 1)
		layer->own = add_layer_tensor(table, l, "own.weight", INIT_UNIFORM, 1 / sqrt((double) H), 2, H, H);
	layer->value_bias = add_layer_tensor(table, l, "value.bias", INIT_CONSTANT, 0, 1, H, 0);
	if (uplift_sums(net))
		layer->gain = add_relation_tensor(table, net, l, "sum.gain", INIT_CONSTANT, 1, 1, H, 0);
	if (net->config.log_degree)
		layer->degree = add_relation_tensor(table, net, l, "degree.weight", INIT_CONSTANT, 0, 2, H, 1);
	if (net->config.depth == DEPTH_GATED)
	{
		char name[PARAM_NAME_MAX];

		snprintf(name, sizeof(name), "layers.%d.gate", l);
		layer->gate = add_linear(table, &layer->gate_bias, name, 4 * H, H);
	}
}

static void
describe(UpliftNet *net, ParamTable *table, const UpliftConfig *config, const UpliftShape *shape)
{
	const size_t F = shape->F;

	assert(shape->treatments <= UPLIFT_TREATMENTS_MAX && uplift_tells_apart(config, shape->treatments));
	assert(shape->relations <= UPLIFT_RELATIONS_MAX);
	*table = (ParamTable){0};
	*net = (UpliftNet){
		.config = *config,
		.networks = config->ensemble > 1 ? (size_t) config->ensemble : 1,
		.F = F,
		.D = 2 * F,
		.H = (size_t) config->hidden_size,
		.K = (size_t) config->heads,
		.L = (size_t) config->layers,
		.R = shape->relations > 0 ? shape->relations : 1,
		.treatments = shape->treatments > 0 ? shape->treatments : 1,
	};
	net->C = config->estimator == ESTIMATOR_CLASS_TRANSFORM ? 1 : net->treatments + 1;

	const size_t standardised = F + (config->log_degree ? net->R : 0);

	net->mean = add_fixed(table, "input.mean", 0, standardised);
	net->scale = add_fixed(table, "input.scale", 1, standardised);
	if (config->aggregate != AGGREGATE_ATTENTION)
		net->degree_mean = add_fixed(table, "graph.degree_mean", 1, net->R);
	if (uplift_of_numbers(config))
	{
		net->outcome_mean = add_fixed(table, "outcome.mean", 0, 1);
		net->outcome_scale = add_fixed(table, "outcome.scale", 1, 1);
	}
	if (config->estimator != ESTIMATOR_CLASS_TRANSFORM)
		net->propensity = add_fixed(table, "propensity", 0.5, net->treatments);
	if (config->aggregate != AGGREGATE_ATTENTION && uplift_of_numbers(config) && net->R == 1)
	{
		net->levels = net->L * net->C;
		net->linear = params_add(table, "linear.weight", INIT_CONSTANT, 0, 3, net->C, net->L + 1, F + 1);
		table->param[table->count - 1].fixed = true;
	}
	net->input = add_linear(table, &net->input_bias, "input", net->H, net->D);
	for (int l = 0; l < config->layers; l++)
		add_layer(&net->layer[l], table, net, l);
	net->head = add_linear(table, &net->head_bias, "head", net->C, net->H);
	net->total = table->total;
}

void
uplift_params(ParamTable *table, const UpliftConfig *config, const UpliftShape *shape)
{
	UpliftNet net;

	describe(&net, table, config, shape);
}

Status
upliftmodel_params(ParamTable *table, const UpliftConfig *config, const UpliftShape *shape)
{
	ParamTable network;

	uplift_params(&network, config, shape);
	return ensemble_params(table, &network, config->ensemble);
}

void
uplift_net(UpliftNet *net, const UpliftConfig *config, const UpliftShape *shape)
{
	ParamTable table;

	describe(net, &table, config, shape);
}

UpliftShape
uplift_shape(const UpliftNet *net)
{
	return (UpliftShape){.F = net->F, .treatments = net->treatments, .relations = net->R};
}

static double
hold(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

static double
sigmoid(double x)
{
	return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* P(class 1) = a and P(class 3) = c as an answer. */
static UpliftScore
answer_of(double a, double c)
{
	return (UpliftScore){1 - c, 1 - a, 1 - a - c, NAN};
}

/* What the heads a and c of partial_label converge to, inverted. */
static UpliftScore
correct_partial_label(double a, double c, double p)
{
	const double r = p / (1 - p);
	const double rest = fmax(1 - a * c, 1e-12);

	return answer_of(hold(a * (1 + r * c) / rest, 0, 1), hold(c * (1 + a / r) / rest, 0, 1));
}

/* What the heads of three_losses converge to, inverted. */
static UpliftScore
correct_three_losses(double first, double second, double p)
{
	const double rest = fmax(1 - (1 - first) * (1 - second), 1e-12);
	const double v = (1 - first) * (1 - p * second) / rest;       /* P(untreated, does not respond) */
	const double u = (1 - second) * (1 - (1 - p) * first) / rest; /* P(treated, responds) */

	return answer_of(hold(1 - v / (1 - p), 0, 1), hold(1 - u / p, 0, 1));
}

UpliftScore
uplift_answer(const UpliftNet *net, const real *w, const real *logit, size_t treatment)
{
	if (net->config.estimator == ESTIMATOR_CLASS_TRANSFORM)
		return (UpliftScore){NAN, NAN, logit[0] * w[net->outcome_scale], NAN};
	if (net->config.outcome == OUTCOME_NUMBER)
		return (UpliftScore){
			NAN, NAN, (double) (logit[treatment - 1] - logit[net->C - 1]) * w[net->outcome_scale], NAN};

	const double one = sigmoid(logit[treatment - 1]);
	const double two = sigmoid(logit[net->C - 1]);

	if (net->config.estimator == ESTIMATOR_PARTIAL_LABEL)
		return net->config.corrected ? correct_partial_label(one, two, w[net->propensity])
									 : answer_of(one, two);
	if (net->config.estimator == ESTIMATOR_THREE_LOSSES && net->config.corrected)
		return correct_three_losses(one, two, w[net->propensity]);
	return (UpliftScore){one, two, one + two - 1, NAN};
}

UpliftScore
uplift_mean(const UpliftScore *each, size_t networks)
{
	const double n = (double) networks;
	UpliftScore mean = {0};
	double squares = 0;

	if (networks <= 1)
		return each[0];
	for (size_t i = 0; i < networks; i++)
	{
		mean.p_first += each[i].p_first / n;
		mean.p_second += each[i].p_second / n;
		mean.uplift += each[i].uplift / n;
	}
	for (size_t i = 0; i < networks; i++)
		squares += (each[i].uplift - mean.uplift) * (each[i].uplift - mean.uplift);
	mean.sd = sqrt(squares / (n - 1));
	return mean;
}

UpliftSegment
uplift_segment(const UpliftScore *score, bool treated)
{
	if (treated)
		return SEGMENT_PERSUADABLE;
	if (score->uplift < 0.0)
		return SEGMENT_SLEEPING_DOG;
	if (isnan(score->p_second))
		return SEGMENT_NONE;
	return 1 - score->p_second >= 0.5 ? SEGMENT_SURE_THING : SEGMENT_LOST_CAUSE;
}
