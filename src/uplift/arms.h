/*
 * The arms of an experiment: how they are called, and which of them a user was in.
 *
 * Without a control the treatment column says yes or no, and the arms are "control" and "treated". With one its values are
 * the names of the arms. Arm 0 is the control, arms 1 .. treatments follow in the order of the column's values.
 */
#ifndef USERCLS_UPLIFT_ARMS_H
#define USERCLS_UPLIFT_ARMS_H

#include "utils/jsonb.h"

#include "server/source.h"
#include "uplift/pure/net.h"
#include "uplift/request.h"

typedef struct UpliftArms
{
	bool named; /* by the values of the treatment column */
	size_t treatments;
	const char **name; /* treatments + 1 */
} UpliftArms;

/* "control" and "treated". */
extern const UpliftArms *uplift_arms_yes_no(void);

/* For training: the arms that users with an outcome are in today. */
extern const UpliftArms *uplift_arms_find(const UpliftRequest *request);

extern bool uplift_arms_same(const UpliftArms *a, const UpliftArms *b);

/* The treatment column, and its expression in a SELECT list; an error where its type says no arms. */
extern SourceColumn uplift_arms_column(const UpliftRequest *request, const UpliftArms *arms);
extern const char *uplift_arms_expression(const SourceColumn *treatment, const UpliftArms *arms);

/* The arm of that name; -1: there is none. */
extern int uplift_arm_named(const UpliftArms *arms, const char *name);

/* 'No E-Mail', 'Mens E-Mail' and 'Womens E-Mail', for messages. */
extern const char *uplift_arms_text(const UpliftArms *arms);

/* {"Mens E-Mail": 0.12, ...}: a number for each treatment. */
extern Jsonb *uplift_arms_jsonb(const UpliftArms *arms, const double *number);

/* Of a user's scores by each treatment the number, from 0 on, of the one with the highest uplift; the first among equal ones. */
extern size_t uplift_best(const UpliftScore *score, size_t treatments);

#endif
