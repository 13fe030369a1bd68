/* What our procedures have in common. */
#ifndef USERCLS_SERVER_TRANSACTION_H
#define USERCLS_SERVER_TRANSACTION_H

#include "fmgr.h"

/* Whether this CALL is outside a transaction block, so that it may commit; inside one it is atomic. */
extern bool procedure_may_commit(FunctionCallInfo fcinfo);

/*
 * In a transaction block: a NOTICE that what ('version 3 of model "churn" is stored') becomes true when it commits.
 * Returns whether it does not hold yet.
 */
extern bool transaction_pending(const char *what);

#endif
