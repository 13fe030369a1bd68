/*
 * Functions that return a row and change something are called once.
 *
 * The parser writes SELECT (f(...)).* as one call of f for each column of its
 * result: a training would run as many times as it has figures.
 */
#ifndef USERCLS_SERVER_ONCE_H
#define USERCLS_SERVER_ONCE_H

#include "fmgr.h"

/*
 * Call this before anything else in such a function: an error when the statement makes the same call twice. The same
 * place in a statement may be called again (for each row of a table, in a loop).
 */
extern void refuse_second_call(FunctionCallInfo fcinfo);

#endif
