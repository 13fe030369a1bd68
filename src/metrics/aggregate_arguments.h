/*
 * The arguments of a metric's transition function, of whatever type the caller's columns have.
 *
 * what: the argument's name, for errors. The types are looked up once for each
 * call in a query.
 */
#ifndef USERCLS_METRICS_AGGREGATE_ARGUMENTS_H
#define USERCLS_METRICS_AGGREGATE_ARGUMENTS_H

#include "fmgr.h"

/* A number or a boolean (false is 0); an error unless it is finite. */
extern double aggregate_finite(FunctionCallInfo fcinfo, int arg, const char *what);

/* 0 or 1, or a boolean; an error for any other value. */
extern uint8 aggregate_binary(FunctionCallInfo fcinfo, int arg, const char *what);

#endif
