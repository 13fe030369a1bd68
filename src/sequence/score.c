#include "postgres.h"

#include "sequence/score.h"

#include "miscadmin.h"

void
sequence_probabilities(real *prob, SequenceScorer *scorer, const SequenceSet *set, size_t n, size_t C)
{
	/* Where a cancel has to wait, a run that gave up would begin anew for ever. */
	const bool cancellable = INTERRUPTS_CAN_BE_PROCESSED();

	seqscorer_watch(scorer, cancellable ? &InterruptPending : NULL);
	for (size_t i = 0; i < n; i += SEQUENCE_BATCH)
	{
		/* Many steps of a large network take long: then a run gives up, and begins anew if nothing came of
		 * it. */
		do
		{
			CHECK_FOR_INTERRUPTS();
			seqscorer_run(scorer, prob + i * C, set, i, Min(SEQUENCE_BATCH, n - i));
		} while (cancellable && InterruptPending);
		sequence_check_finite(prob + i * C, C * Min(SEQUENCE_BATCH, n - i));
	}
}
