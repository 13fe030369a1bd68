#include "postgres.h"

#include "server/number_text.h"

#include <math.h>

char *
number_text(double number)
{
	const double size = fabs(number);
	char *text = psprintf("%.*f", size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3, number);
	size_t n = strlen(text);

	while (strchr(text, '.') && (text[n - 1] == '0' || text[n - 1] == '.'))
		if (text[--n] == '.')
		{
			text[n] = '\0';
			break;
		}
		else
			text[n] = '\0';
	return strcmp(text, "-0") == 0 ? pstrdup("0") : text;
}
