/* The module: its magic block, its settings, and what happens once per backend. */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"

#include "server/module.h"

PG_MODULE_MAGIC;

int usercls_max_memory = -1;
int usercls_training_workers = 0;
int usercls_model_cache_size = 64 * 1024;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	DefineCustomIntVariable("usercls.max_memory",
							"Sets the memory that one training, graph or scoring run may use.",
							"-1 means maintenance_work_mem.", &usercls_max_memory, -1, -1, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"usercls.training_workers",
		"Sets the number of parallel workers that help the leader to train and to score all users.",
		"The number never changes the result. 0 works in the session alone.", &usercls_training_workers, 0, 0,
		64, PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"usercls.model_cache_size", "Sets the memory for models that a session keeps ready to score.", NULL,
		&usercls_model_cache_size, 64 * 1024, 0, MAX_KILOBYTES, PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	MarkGUCPrefixReserved("usercls");
}
