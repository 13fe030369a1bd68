/* Gradients of the whole uplift network against central differences, in double precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "upliftcase.h"
#include "uplift/pure/loss.h"

#define N 300 /* more than a block */
#define F 3

#define TREATMENTS 3

static real coefficient[N * (TREATMENTS + 1)];

static double
objective(UpliftCase *c, real *logit, real *h)
{
	double sum = 0;

	case_forward(logit, h, c);
	for (size_t i = 0; i < N * c->net.C; i++)
		sum += coefficient[i] * logit[i];
	return sum;
}

/* A few elements of every tensor. */
static void
check(const UpliftConfig *config, const UpliftShape *shape, bool directed, bool weighted, bool alone,
	  double drop)
{
	const size_t treatments = shape->treatments;
	const GraphSetup setup = {N, 900, directed, weighted, shape->relations};
	UpliftCase c;
	ParamTable table;
	Rng rng = rng_seed(5, 5);

	assert_int_equal(uplift_config_check(config).code, STATUS_SUCCESS);
	case_make_arms(&c, config, &setup, F, treatments, true, 11);
	c.pass.graph = alone ? NULL : &c.graph;
	c.pass.drop = drop;
	c.pass.attention_drop = drop;
	c.pass.key = 77;
	uplift_params(&table, config, shape);
	for (size_t i = 0; i < N * c.net.C; i++)
		coefficient[i] = rng_normal(&rng);

	real *logit = malloc(N * c.net.C * sizeof(real));
	real *h = malloc(N * c.net.H * sizeof(real));
	real *dw = calloc(c.net.total, sizeof(real));

	objective(&c, logit, h);
	case_backward(dw, &c, coefficient, h);
	for (size_t i = 0; i < table.count; i++)
	{
		const Tensor *t = &table.param[i];

		for (int trial = 0; !t->fixed && trial < 4; trial++)
		{
			const size_t at = t->offset + rng_below(&rng, t->size);
			const double kept = c.w[at];
			const double step = 1e-4;
			double f[4];
			static const double place[4] = {-2, -1, 1, 2};

			for (int k = 0; k < 4; k++)
			{
				c.w[at] = kept + place[k] * step;
				f[k] = objective(&c, logit, h);
			}
			c.w[at] = kept;

			/* Fourth order: the error of the difference stays below that of rounding. */
			const double difference = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * step);
			const double error = fabs(difference - dw[at]) / fmax(1e-2, fabs(difference) + fabs(dw[at]));

			if (!(error < 1e-6))
				fail_msg("%s[%zu]: backward %.12g, difference %.12g (depth %d, aggregate %d, alone %d)",
						 t->name, at - t->offset, (double) dw[at], difference, config->depth,
						 config->aggregate, alone);
		}
	}
	free(logit);
	free(h);
	free(dw);
	case_free(&c);
}

static void
test_network(void **state)
{
	for (int depth = DEPTH_GATED; depth <= DEPTH_NONE; depth++)
		for (int aggregate = AGGREGATE_ATTENTION; aggregate <= AGGREGATE_ATTENTION_SUM; aggregate++)
			for (int layers = 1; layers <= 3; layers++)
			{
				UpliftConfig config;

				config_defaults(&config, uplift_options, uplift_option_count);
				config.depth = depth;
				config.aggregate = aggregate;
				config.layers = layers;
				config.heads = layers == 2 ? 2 : layers == 3 ? 3 : 1;
				config.hidden_size = layers == 2 ? 16 : 6;
				config.log_degree = layers != 3;
				check(&config, &(UpliftShape){F, 1, 1}, layers == 2, depth != DEPTH_NONE, false, 0);
				check(&config, &(UpliftShape){F, layers == 1 ? TREATMENTS : 1, 1}, layers != 2,
					  depth == DEPTH_NONE, false, 0.3);
				check(&config, &(UpliftShape){F, 1, 1}, false, false, true, 0.3);
				check(&config, &(UpliftShape){F, 1, (size_t) layers + 1}, layers == 2, depth != DEPTH_NONE,
					  false, layers == 3 ? 0 : 0.3);
			}
}

static void
check_loss(int estimator, int outcome, size_t treatments, const UpliftUser *user)
{
	const UpliftConfig config = {.estimator = estimator, .outcome = outcome};
	const UpliftTerms terms = uplift_terms(&config, user, treatments);
	const size_t C = estimator == ESTIMATOR_CLASS_TRANSFORM ? 1 : treatments + 1;
	real logit[TREATMENTS + 1] = {0.7, -1.3, 0.2, 1.9};
	real d[TREATMENTS + 1] = {0};

	uplift_loss(d, logit, &terms, 2);
	for (size_t h = 0; h < C; h++)
	{
		const double step = 1e-5;
		const double kept = logit[h];

		logit[h] = kept + step;
		const double up = uplift_loss(NULL, logit, &terms, 0);
		logit[h] = kept - step;
		const double down = uplift_loss(NULL, logit, &terms, 0);
		logit[h] = kept;
		assert_true(fabs((up - down) / step - d[h]) < 1e-6 * fmax(1, fabs(d[h])));
	}
}

static void
test_loss(void **state)
{
	for (int estimator = ESTIMATOR_PARTIAL_LABEL; estimator <= ESTIMATOR_THREE_LOSSES; estimator++)
		for (size_t cell = 0; cell < 4; cell++)
			check_loss(estimator, OUTCOME_YES_NO, 1, &(UpliftUser){cell & 1, (double) (cell >> 1), 0.3, 0.4});
	for (size_t cell = 0; cell < 2 * (TREATMENTS + 1); cell++)
	{
		check_loss(ESTIMATOR_TWO_HEAD, OUTCOME_YES_NO, TREATMENTS,
				   &(UpliftUser){cell / 2, cell % 2, 0.3, 0.4});
		check_loss(ESTIMATOR_TWO_HEAD, OUTCOME_NUMBER, TREATMENTS,
				   &(UpliftUser){cell / 2, 1.7 - cell, 0.3, 0.4});
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
