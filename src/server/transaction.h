/* What our procedures have in common. */
#ifndef USERCLS_SERVER_TRANSACTION_H
#define USERCLS_SERVER_TRANSACTION_H

#include "fmgr.h"

#include "server/majors.h"

/* Whether this CALL is outside a transaction block, so that it may commit; inside one it is atomic. */
extern bool procedure_may_commit(FunctionCallInfo fcinfo);

/* In such a CALL, connected to SPI: commit, and go on in the next transaction. */
extern void procedure_commit(void);

/*
 * After an error, in PG_CATCH of a procedure that may commit: end the transaction that failed and begin another one, with
 * a snapshot. Returns the error, in `context`, which must outlive transactions; raise it again at last.
 */
extern ErrorData *transaction_begin_again(MemoryContext context);

/* Commit what was done since, and raise the error. */
extern void transaction_raise(ErrorData *error) pg_attribute_noreturn();

/*
 * In a transaction block: a NOTICE that what ('version 3 of model "churn" is stored') becomes true when it commits.
 * Returns whether it does not hold yet.
 */
extern bool transaction_pending(const char *what);

#endif
