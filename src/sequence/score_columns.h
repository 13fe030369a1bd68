/*
 * What a sequence model puts into a table of scores: the class, the probability of each class, and of the class
 * that was chosen the score, the rank and the mark.
 */
#ifndef USERCLS_SEQUENCE_SCORE_COLUMNS_H
#define USERCLS_SEQUENCE_SCORE_COLUMNS_H

#include "registry/registry.h"

/* score_columns of a ModelKind. */
extern int sequence_score_columns(const ScoreColumn **column, const Model *model, const ScoreChoice *choice);

/* An error unless the model has the class, and a threshold is one on the probability of a class. */
extern void sequence_check_choice(const Model *model, const ScoreChoice *choice);

/* optional_columns of a ModelKind. */
extern const char *const sequence_optional_columns[];

#endif
