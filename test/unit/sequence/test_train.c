/* Training of sequence networks: learns, does not depend on the workers, keeps the best epoch, balances. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "sequence/pure/train.h"
#include "nn/loss.h"
#include "sequences.h"

/* Sequences whose class is whether a value rises, stays, or falls from the first step to the last. */
static TestSet
trend_set(size_t N, uint64_t seed)
{
	Rng rng = rng_seed(seed, 1);
	TestSet s = test_set_random(&rng, N, 2, 3, 4, 12, 0.05);

	for (size_t i = 0; i < N; i++)
	{
		/* Class 1 is as frequent as the others together five times. */
		const uint64_t draw = rng_below(&rng, 12);

		s.label[i] = draw == 0 ? 0 : draw == 1 ? 2 : 1;
		s.held_out[i] = i % 5 == 0;
		for (size_t t = s.start[i]; t < s.start[i + 1]; t++)
			s.value[2 * t] =
				100 + 5 * (float) ((s.label[i] - 1) * (double) (t - s.start[i]) + 0.5 * rng_normal(&rng));
		s.target[i] = 1000 + 50 * s.value[2 * (s.start[i + 1] - 1)];
	}
	return s;
}

static SequenceSetup
setup_of(const TestSet *s, int architecture, size_t C)
{
	SequenceSetup setup = {
		.N = s->set.N, .F = 2, .C = C, .steps = s->start[s->set.N], .longest = 12, .seed = 42};

	config_defaults(&setup.config, sequence_options, sequence_option_count);
	setup.config.architecture = architecture;
	setup.config.hidden_size = 8;
	setup.config.max_epochs = 30;
	setup.config.learning_rate = 0.02;
	assert_int_equal(sequence_config_check(&setup.config).code, STATUS_SUCCESS);
	return setup;
}

typedef struct Run
{
	SequenceTask task;
	void *block;
} Run;

static void
fill(SequenceTask *task, const TestSet *s)
{
	const size_t N = s->set.N;

	memcpy(task->data.start, s->start, (N + 1) * sizeof(size_t));
	memcpy(task->data.value, s->value, s->start[N] * 2 * sizeof(float));
	memcpy(task->data.held_out, s->held_out, N);
	if (task->data.label)
		memcpy(task->data.label, s->label, N * sizeof(int32_t));
	if (task->data.target)
		memcpy(task->data.target, s->target, N * sizeof(float));
}

/*
 * Trains as so many workers would that take items in turn, the last item first. Where they are several an item
 * that heeds interrupts is interrupted, and then run once more than it needs.
 */
static void
train(Run *run, const TestSet *s, const SequenceSetup *setup, int workers, const real *initial)
{
	volatile sig_atomic_t interrupt = 0;
	Arena measured = arena_measure();
	SequenceTask other;

	seqtrain_carve(&run->task, &measured, setup);
	for (int i = 0; i < 2; i++)
		seqtrain_carve_work(&run->task, &measured);
	assert_false(measured.overflow);

	Arena arena = test_arena(&measured, &run->block);
	Arena again = arena;

	seqtrain_carve(&run->task, &arena, setup);
	seqtrain_carve(&other, &again, setup);
	seqtrain_carve_work(&run->task, &arena);
	seqtrain_carve_work(&other, &arena);
	assert_int_equal(arena.used, measured.used);
	fill(&run->task, s);
	for (size_t c = 0; c < setup->C; c++)
		run->task.data.class_weight[c] = c == 1 ? 1 : 2;
	if (initial)
		memcpy(run->task.data.initial, initial, run->task.params.total * sizeof(real));

	const Job job = seqtrain_job(&run->task);

	for (size_t items; (items = job_next(&job)) > 0;)
		for (size_t i = items; i-- > 0;)
		{
			SequenceTask *task = i % (size_t) workers ? &other : &run->task;
			const Job theirs = seqtrain_job(task);
			const bool again = workers > 1 && seqtrain_gives_up(task);

			task->net.steps.interrupt = &interrupt;
			interrupt = again;
			job_item(&theirs, i, (int) i % workers);
			interrupt = 0;
			for (int times = again ? 2 : 0; times > 0; times--)
				job_item(&theirs, i, (int) i % workers);
			task->net.steps.interrupt = NULL;
		}
}

static void
check_learns(int architecture, int balance)
{
	TestSet s = trend_set(600, 3);
	SequenceSetup setup = setup_of(&s, architecture, 3);
	Run run;

	setup.balance = balance;
	train(&run, &s, &setup, 1, NULL);

	const SequenceResult *r = seqtrain_result(&run.task);

	assert_int_equal(r->N_train, 480);
	assert_int_equal(r->N_held_out, 120);
	assert_true(r->report.best_epoch >= 1 && r->report.best_epoch <= r->report.epoch);
	if (!(r->valid_metric > 0.9 && r->valid_loss < 0.4 * r->baseline_loss))
		fail_msg("macro-F1 %g, loss %g, baseline %g, epoch %d", r->valid_metric, r->valid_loss,
				 r->baseline_loss, r->report.best_epoch);
	free(run.block);
	test_set_free(&s);
}

static void
test_learns_classes(void **state)
{
	check_learns(SEQUENCE_LSTM, BALANCE_NONE);
	check_learns(SEQUENCE_LSTM, BALANCE_RESAMPLE);
	check_learns(SEQUENCE_GRU, BALANCE_WEIGHTS);
	check_learns(SEQUENCE_TCN, BALANCE_GIVEN);
}

static void
test_learns_number(void **state)
{
	TestSet s = trend_set(600, 3);
	SequenceSetup setup = setup_of(&s, SEQUENCE_GRU, 0);
	Run run;

	train(&run, &s, &setup, 1, NULL);

	const SequenceResult *r = seqtrain_result(&run.task);

	if (!(r->valid_metric > 0.8 && r->valid_loss < 0.2 * r->baseline_loss))
		fail_msg("R2 %g, loss %g, baseline %g", r->valid_metric, r->valid_loss, r->baseline_loss);
	free(run.block);
	test_set_free(&s);
}

static void
check_workers_agree(SequenceSetup *setup, const TestSet *s)
{
	Run one;
	Run three;

	setup->config.batch_size = 200;
	setup->config.dropout = 0.3;
	setup->balance = BALANCE_RESAMPLE;
	train(&one, s, setup, 1, NULL);
	train(&three, s, setup, 3, NULL);
	assert_memory_equal(seqtrain_weights(&one.task), seqtrain_weights(&three.task),
						one.task.params.total * sizeof(real));
	assert_true(seqtrain_result(&one.task)->valid_loss == seqtrain_result(&three.task)->valid_loss);
	free(one.block);
	free(three.block);
}

static void
test_workers_agree(void **state)
{
	TestSet s = trend_set(400, 4);
	SequenceSetup setup = setup_of(&s, SEQUENCE_LSTM, 3);

	setup.config.max_epochs = 3;
	setup.config.num_layers = 2;
	setup.config.bidirectional = true;
	check_workers_agree(&setup, &s);

	/* So many weights that the step at the end of a mini-batch is shared. */
	setup = setup_of(&s, SEQUENCE_TCN, 3);
	setup.config.max_epochs = 2;
	setup.config.num_layers = 3;
	setup.config.hidden_size = 48;
	check_workers_agree(&setup, &s);
	test_set_free(&s);
}

static void
test_batch_size(void **state)
{
	static const struct
	{
		size_t N;
		int given, used;
	} cases[] = {{60, 0, 16}, {1000, 0, 31}, {100000, 0, 64}, {60, 200, 200}};
	TestSet s = trend_set(10, 4);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		SequenceSetup setup = setup_of(&s, SEQUENCE_LSTM, 3);
		Arena measured = arena_measure();
		SequenceTask task;

		setup.N = cases[i].N;
		setup.config.batch_size = cases[i].given;
		seqtrain_carve(&task, &measured, &setup);
		assert_int_equal(task.setup.config.batch_size, cases[i].used);
	}
	test_set_free(&s);
}

/* The scorer's probabilities have the loss that training reported for the best epoch, alone or in batches. */
static void
test_scorer_agrees(void **state)
{
	TestSet s = trend_set(300, 5);
	SequenceSetup setup = setup_of(&s, SEQUENCE_GRU, 3);
	Run run;
	double loss = 0;
	size_t n = 0;

	setup.config.bidirectional = true;
	setup.balance = BALANCE_WEIGHTS;
	train(&run, &s, &setup, 1, NULL);

	Arena measured = arena_measure();
	void *block;

	assert_null(seqscorer_carve(&measured, &setup.config, 2, 3, 12, 50));

	Arena arena = test_arena(&measured, &block);
	SequenceScorer *scorer = seqscorer_carve(&arena, &setup.config, 2, 3, 12, 50);
	real p[300 * 3];

	seqscorer_load(scorer, seqtrain_weights(&run.task));
	seqscorer_run(scorer, p, &s.set, 0, 300);
	for (size_t i = 0; i < 300; i++)
	{
		real alone[3];

		seqscorer_run(scorer, alone, &s.set, i, 1);
		assert_true(fabs((double) (p[3 * i] + p[3 * i + 1] + p[3 * i + 2]) - 1) < 1e-6);
		for (int j = 0; j < 3; j++)
			assert_true(fabs((double) (alone[j] - p[3 * i + (size_t) j])) < 1e-5);
		if (!s.held_out[i])
			continue;
		loss -= log((double) p[3 * i + (size_t) s.label[i]]);
		n++;
	}
	assert_true(fabs(loss / (double) n - seqtrain_result(&run.task)->valid_loss) < 1e-4);
	free(run.block);
	free(block);
	test_set_free(&s);
}

static void
test_nothing_held_out(void **state)
{
	TestSet s = trend_set(60, 6);
	SequenceSetup setup = setup_of(&s, SEQUENCE_LSTM, 3);
	Run run;

	memset(s.held_out, 0, 60);
	s.label[7] = -1;
	setup.config.max_epochs = 4;
	train(&run, &s, &setup, 1, NULL);

	const SequenceResult *r = seqtrain_result(&run.task);

	assert_int_equal(r->N_train, 59);
	assert_int_equal(r->N_held_out, 0);
	assert_int_equal(r->report.epoch, 4);
	assert_int_equal(r->report.best_epoch, 4);
	assert_true(r->temperature == 1);
	free(run.block);
	test_set_free(&s);
}

static void
test_warm_start(void **state)
{
	TestSet s = trend_set(300, 7);
	SequenceSetup setup = setup_of(&s, SEQUENCE_LSTM, 3);
	Run cold;
	Run warm;

	train(&cold, &s, &setup, 1, NULL);
	setup.warm_start = true;
	setup.config.max_epochs = 1;
	setup.config.warmup_epochs = 0;
	setup.config.learning_rate = 1e-6;
	train(&warm, &s, &setup, 1, seqtrain_weights(&cold.task));
	assert_true(fabs(seqtrain_result(&warm.task)->valid_loss - seqtrain_result(&cold.task)->valid_loss) <
				1e-2);
	free(cold.block);
	free(warm.block);
	test_set_free(&s);
}

/* Constant, empty and enormous columns, and a single step, leave everything finite. */
static void
test_odd_values(void **state)
{
	TestSet s = trend_set(100, 8);
	SequenceSetup setup = setup_of(&s, SEQUENCE_LSTM, 3);
	Run run;

	for (size_t t = 0; t < s.start[100]; t++)
		s.value[2 * t + 1] = t % 3 ? NAN : 7;
	s.value[0] = 3e38f;
	setup.config.max_epochs = 3;
	train(&run, &s, &setup, 1, NULL);
	for (size_t i = 0; i < run.task.params.total; i++)
		assert_true(isfinite(seqtrain_weights(&run.task)[i]));
	free(run.block);
	test_set_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learns_classes),   cmocka_unit_test(test_learns_number),
		cmocka_unit_test(test_workers_agree),    cmocka_unit_test(test_scorer_agrees),
		cmocka_unit_test(test_nothing_held_out), cmocka_unit_test(test_warm_start),
		cmocka_unit_test(test_odd_values),       cmocka_unit_test(test_batch_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
