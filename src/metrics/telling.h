/* Room to look for features that alone tell the answer (metrics/pure/telling.h). */
#ifndef USERCLS_METRICS_TELLING_H
#define USERCLS_METRICS_TELLING_H

#include "metrics/pure/telling.h"

/* For so many users, in the current memory context. */
extern Telling *telling_make(size_t users);

#endif
