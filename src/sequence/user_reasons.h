/* The reasons of many users, each as one text: for classify_users() and the tables of refresh_scores(). */
#ifndef USERCLS_SEQUENCE_USER_REASONS_H
#define USERCLS_SEQUENCE_USER_REASONS_H

#include "sequence/classify_users.h"

typedef struct UserReasons UserReasons;

/*
 * `choice` says how many, of which class (NULL: that which a user gets), and from which probability of it on there are any. In
 * the current memory context.
 */
extern UserReasons *user_reasons_make(const ClassifiedUsers *all, const ScoreChoice *choice);

/* Those of user i, the largest first; NULL: there are none. In the current memory context, with dates of the session's time zone. */
extern char *user_reasons_text(UserReasons *reasons, size_t i);

#endif
