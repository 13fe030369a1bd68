#include "postgres.h"

#include "sequence/score.h"

#include "miscadmin.h"

typedef void (*ScorerRun)(SequenceScorer *scorer, real *out, const SequenceSet *set, size_t from, size_t n);

/* In batches, with interrupts between them. width: numbers of a sequence in out. */
static void
run_batches(ScorerRun run, SequenceScorer *scorer, real *out, size_t width, const SequenceSet *set, size_t n)
{
	/* Where interrupts are held off, InterruptPending stays set: a run that gave up would begin anew for ever. */
	const bool cancellable = INTERRUPTS_CAN_BE_PROCESSED();

	seqscorer_watch(scorer, cancellable ? &InterruptPending : NULL);
	for (size_t i = 0; i < n; i += SEQUENCE_BATCH)
	{
		/*
		 * A run of many steps of a large network gives up when an interrupt is pending, and is made again if that was
		 * no cancel.
		 */
		do
		{
			CHECK_FOR_INTERRUPTS();
			run(scorer, out + i * width, set, i, Min(SEQUENCE_BATCH, n - i));
		} while (cancellable && InterruptPending);
		sequence_check_finite(out + i * width, width * Min(SEQUENCE_BATCH, n - i));
	}
}

void
sequence_probabilities(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n, size_t C)
{
	run_batches(seqscorer_run, scorer, prob, C, set, n);
}

void
sequence_embeddings(real *out, SequenceScorer *scorer, const SequenceSet *set, size_t n)
{
	run_batches(seqscorer_embed, scorer, out, seqscorer_width(scorer), set, n);
}
