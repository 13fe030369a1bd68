/*
 * The columns of an experiment that say yes or no: treatment and outcome.
 */
#ifndef USERCLS_UPLIFT_YES_NO_H
#define USERCLS_UPLIFT_YES_NO_H

#include "server/source.h"

/*
 * A column of numbers or booleans. For texts and enums an error that shows the values found, and the view that makes a column
 * `meaning` of them; argument: that names the column.
 */
extern SourceColumn yes_no_column(Oid users, const char *name, const char *argument, const char *meaning);

#endif
