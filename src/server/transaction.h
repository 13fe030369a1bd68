/* What our procedures have in common. */
#ifndef USERCLS_SERVER_TRANSACTION_H
#define USERCLS_SERVER_TRANSACTION_H

#include "fmgr.h"

/* Whether this CALL is outside a transaction block, so that it may commit; inside one it is atomic. */
extern bool procedure_may_commit(FunctionCallInfo fcinfo);

#endif
