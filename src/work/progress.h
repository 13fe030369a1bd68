/*
 * What a long call is doing, for usercls.progress() in other sessions.
 *
 * It lives in the backend's own status entry, as the server's built-in progress
 * reports do: no preload, nothing to clean up after an error or a cancel.
 */
#ifndef USERCLS_WORK_PROGRESS_H
#define USERCLS_WORK_PROGRESS_H

#include "model/job.h"

typedef enum ProgressPhase
{
	PROGRESS_READING,
	PROGRESS_BUILDING,
	PROGRESS_TRAINING,
	PROGRESS_EVALUATING,
	PROGRESS_SCORING,
	PROGRESS_STORING
} ProgressPhase;

/* command: "train", "retrain", "score" or "refresh_scores"; the name is shown cut to 63 bytes. */
extern void progress_start(const char *command, const char *model);
extern void progress_phase(ProgressPhase phase);
extern void progress_rows(uint64_t rows); /* read or scored in this phase */

/* Epochs before those of the report, of networks that are trained already; and those of all networks, at most. */
extern void progress_train(const TrainReport *report, int epochs_before, int max_epochs);

extern void progress_end(void);

#endif
