#include "postgres.h"

#include "server/notices.h"

#include "utils/memutils.h"

typedef struct Notices
{
	MemoryContext context;
	MemoryContextCallback forget;
	const char **said;
	int n, room;
} Notices;

/* NULL: nobody wants to know. An error leaves it to the reset of its memory context. */
static Notices *kept;

static void
forget_notices(void *arg)
{
	if (kept == arg)
		kept = NULL;
}

void
notices_begin(void)
{
	Notices *notices = palloc0(sizeof(*notices));

	notices->context = CurrentMemoryContext;
	notices->forget = (MemoryContextCallback){.func = forget_notices, .arg = notices};
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &notices->forget);
	kept = notices;
}

static void
keep(const char *message, const char *detail)
{
	const MemoryContext old = MemoryContextSwitchTo(kept->context);

	if (kept->n == kept->room)
	{
		kept->room = Max(8, 2 * kept->room);
		kept->said = kept->said ? repalloc(kept->said, sizeof(*kept->said) * (size_t) kept->room)
								: palloc(sizeof(*kept->said) * (size_t) kept->room);
	}
	kept->said[kept->n++] = psprintf("%s: %s", message, detail);
	MemoryContextSwitchTo(old);
}

void
notice_send(int level, const char *message, const char *detail, const char *hint)
{
	if (kept)
		keep(message, detail);
	ereport(level, (errcode(level == WARNING ? ERRCODE_WARNING : ERRCODE_SUCCESSFUL_COMPLETION),
					errmsg_internal("%s", message), errdetail_internal("%s", detail), errhint("%s", hint)));
}

int
notices_end(const char *const **said)
{
	const Notices *notices = kept;

	kept = NULL;
	*said = notices ? notices->said : NULL;
	return notices ? notices->n : 0;
}
