/*
 * What a training has to say besides its figures.
 *
 * Notices and warnings go to the client, who may not listen (a scheduled job
 * has none): so they are kept too, for train_result and usercls.training_runs.
 */
#ifndef USERCLS_SERVER_NOTICES_H
#define USERCLS_SERVER_NOTICES_H

#include "postgres.h"

/* Keep what notice_send() says from now on, in the current memory context; it ends with that, too. */
extern void notices_begin(void);

/* level: NOTICE or WARNING. detail is a sentence, hint what to do about it. */
extern void notice_send(int level, const char *message, const char *detail, const char *hint);

/* What was said since notices_begin(), each as "message: detail"; returns how many. In the memory of notices_begin(). */
extern int notices_end(const char *const **said);

#endif
