/*
 * The columns of an experiment that say yes or no: treatment and outcome.
 */
#ifndef USERCLS_UPLIFT_YES_NO_H
#define USERCLS_UPLIFT_YES_NO_H

#include "server/source.h"

/*
 * A column of numbers or booleans. For texts and enums an error that shows the values found; argument: that names the column.
 * The hint is the value to pass as control, for the treatment, or the view that makes a column `meaning` of them.
 */
extern SourceColumn yes_no_column(Oid users, const char *name, const char *argument, const char *meaning);

#endif
