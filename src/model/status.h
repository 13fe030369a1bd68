/*
 * What a function below src/server answers when it can meet bad input.
 *
 * server/errors.c turns it into an ereport; nothing here formats a sentence.
 */
#ifndef USERCLS_MODEL_STATUS_H
#define USERCLS_MODEL_STATUS_H

#include <stddef.h>

typedef enum StatusCode
{
	STATUS_SUCCESS,        /* not STATUS_OK: that is a macro of the server */
	STATUS_DAMAGED,        /* the bytes at offset `where` are not what the format says */
	STATUS_MISSING_TENSOR, /* `what` is not in the file */
	STATUS_EXTRA_TENSOR,   /* `what` is in the file, and the architecture has no such tensor */
	STATUS_WRONG_SHAPE,    /* tensor `what` has another shape or type than the architecture */
	STATUS_UNKNOWN_OPTION, /* no option is called `what` */
	STATUS_BAD_VALUE,      /* option `what` cannot take this value */
	STATUS_NOT_FINITE      /* tensor `what` holds NaN or infinity at element `where` */
} StatusCode;

typedef struct Status
{
	StatusCode code;
	size_t where;
	char what[96]; /* a name, or what was expected at `where` */
} Status;

#define STATUS_FINE ((Status){STATUS_SUCCESS})

/* `what` is copied, and cut to fit. */
extern Status status_make(StatusCode code, size_t where, const char *what);

#endif
