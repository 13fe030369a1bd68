/*
 * Arrays of type real[] without nulls, as numbers of networks leave the server.
 */
#ifndef USERCLS_SERVER_REALS_H
#define USERCLS_SERVER_REALS_H

#include "utils/array.h"

#include "nn/real.h"

/* n numbers that are not set yet, in the current memory context. */
extern ArrayType *reals_make(size_t n);

/* The numbers of such an array, in place. */
extern real *reals_of(ArrayType *array);

#endif
