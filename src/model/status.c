#include "model/status.h"

#include <string.h>

Status
status_make(StatusCode code, size_t where, const char *what)
{
	Status status = {code, where};

	strncpy(status.what, what, sizeof(status.what) - 1);
	return status;
}
