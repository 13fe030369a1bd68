/* Settings of the module; server/module.c defines them. */
#ifndef USERCLS_SERVER_MODULE_H
#define USERCLS_SERVER_MODULE_H

extern int usercls_max_memory;       /* kB; -1: maintenance_work_mem. Ask memory_limit(). */
extern int usercls_training_workers; /* parallel workers next to the leader */
extern int usercls_model_cache_size; /* kB */

#endif
