#include "postgres.h"

#include "sequence/score.h"

#include "miscadmin.h"

void
sequence_probabilities(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n, size_t C)
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
			seqscorer_run(scorer, prob + i * C, set, i, Min(SEQUENCE_BATCH, n - i));
		} while (cancellable && InterruptPending);
		sequence_check_finite(prob + i * C, C * Min(SEQUENCE_BATCH, n - i));
	}
}
