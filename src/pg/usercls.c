/* The module: its magic block and what happens once per backend. */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;
