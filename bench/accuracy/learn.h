/* Train and test one network: what the drivers of this folder share. */
#ifndef USERCLS_BENCH_LEARN_H
#define USERCLS_BENCH_LEARN_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "sequence/pure/train.h"

static inline double
cpu_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double) used.tv_sec + 1e-9 * (double) used.tv_nsec;
}

/* architecture=…, balance=… (0 none, 1 resample, 2 weights), or an option of the product. */
static inline void
set_option(SequenceSetup *setup, const char *text)
{
	char name[64];
	const char *value = strchr(text, '=');

	if (!value || (size_t) (value - text) >= sizeof(name))
	{
		fprintf(stderr, "not name=value: %s\n", text);
		exit(1);
	}
	memcpy(name, text, (size_t) (value - text));
	name[value - text] = '\0';
	value++;
	if (strcmp(name, "balance") == 0)
		setup->balance = atoi(value);
	else if (strcmp(name, "architecture") == 0)
		setup->config.architecture = sequence_architecture(value);
	else if (config_set(&setup->config, sequence_options, sequence_option_count, name, value).code !=
			 STATUS_SUCCESS)
	{
		fprintf(stderr, "bad option: %s\n", text);
		exit(1);
	}
}

/* Of huge pages where there are some, as the product's blocks are (work/block.c). */
static inline Arena
block_for(const Arena *measured)
{
	const size_t page = (size_t) 1 << 21, size = (measured->used + page) / page * page;
	void *block = aligned_alloc(page, size);

	if (measured->overflow || !block)
	{
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	madvise(block, size, MADV_HUGEPAGE);
	return arena_over(block, measured->used);
}

/* The setup but for sizes, which are the set's. Free *block when the task is done with. */
static inline void
learn(SequenceTask *task, void **block, SequenceSetup setup, const SequenceSet *set, bool verbose)
{
	Arena measured = arena_measure();
	int epoch = 0;

	if (sequence_config_check(&setup.config).code != STATUS_SUCCESS)
		exit(1);
	setup.N = set->N;
	setup.F = set->F;
	setup.steps = set->start[set->N];
	setup.longest = 0;
	for (size_t i = 0; i < set->N; i++)
		if (set->start[i + 1] - set->start[i] > setup.longest)
			setup.longest = set->start[i + 1] - set->start[i];
	/* Whose features depend on it; the product always knows it. */
	if (setup.config.architecture == SEQUENCE_MINIROCKET)
		setup.config.window_periods = (int) setup.longest;
	seqtrain_carve(task, &measured, &setup);
	seqtrain_carve_work(task, &measured);

	Arena arena = block_for(&measured);

	*block = arena.base;
	seqtrain_carve(task, &arena, &setup);
	seqtrain_carve_work(task, &arena);
	memcpy(task->data.start, set->start, (set->N + 1) * sizeof(size_t));
	memcpy(task->data.value, set->value, setup.steps * setup.F * sizeof(float));
	memcpy(task->data.held_out, set->held_out, set->N);
	if (setup.C)
		memcpy(task->data.label, set->label, set->N * sizeof(int32_t));
	else
		memcpy(task->data.target, set->target, set->N * sizeof(float));

	const Job job = seqtrain_job(task);

	for (size_t items; (items = job_next(&job)) > 0;)
	{
		const TrainReport *r = seqtrain_report(task);

		for (size_t i = 0; i < items; i++)
			job_item(&job, i, 0);
		if (verbose && r->epoch > epoch)
			fprintf(stderr, "  epoch %d: train %.6f held out %.6f metric %.4f rate %.2g\n", r->epoch,
					r->train_loss, r->valid_loss, r->valid_metric, r->learning_rate);
		epoch = r->epoch;
	}
}

/* Outputs (n × max(C, 1)) for all sequences of the set. */
static inline void
predict(real *out, const SequenceTask *task, const SequenceSet *set)
{
	const SequenceSetup *setup = &task->setup;
	Arena measured = arena_measure();
	size_t longest = 0;

	for (size_t i = 0; i < set->N; i++)
		if (set->start[i + 1] - set->start[i] > longest)
			longest = set->start[i + 1] - set->start[i];
	seqscorer_carve(&measured, &setup->config, setup->F, setup->C, longest, 64);

	Arena arena = block_for(&measured);
	SequenceScorer *scorer = seqscorer_carve(&arena, &setup->config, setup->F, setup->C, longest, 64);

	seqscorer_load(scorer, seqtrain_weights(task));
	seqscorer_run(scorer, out, set, 0, set->N);
	free(arena.base);
}

#endif
