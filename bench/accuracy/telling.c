/*
 * How often an ordinary feature is said to tell the answer (metrics/pure/telling.h): features with a true AUC a, normal in both
 * groups, by the size of the smaller one. Prints the alarms per trial. usage: telling [trials]
 */
#include <stdio.h>
#include <stdlib.h>

#include "nn/rng.h"
#include "metrics/pure/telling.h"

static size_t
alarms(double distance, size_t members, size_t others, size_t trials, Telling *telling, Rng *rng)
{
	const size_t n = members + others;
	double *value = malloc(n * sizeof(double));
	int32_t *group = malloc(n * sizeof(int32_t));
	size_t count = 0;

	for (size_t t = 0; t < trials; t++)
	{
		for (size_t i = 0; i < n; i++)
		{
			group[i] = i < members;
			value[i] = rng_normal(rng) + (group[i] ? distance : 0);
		}
		count += telling_auc(telling, value, group, NULL, n, 2) > 0;
	}
	free(value);
	free(group);
	return count;
}

int
main(int argc, char **argv)
{
	/* Two normal groups a distance d apart have an AUC of Phi(d / sqrt 2). */
	static const struct
	{
		double auc, distance;
	} feature[] = {{0.8, 1.1902}, {0.9, 1.8124}, {0.95, 2.3262}, {0.98, 2.9044}};
	static const size_t members[] = {30, 50, 100, 1000};
	const size_t trials = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	Arena arena = arena_measure();
	Telling telling;
	Rng rng = rng_seed(42, 0);

	telling_carve(&telling, &arena, 2000);

	void *block = malloc(arena.used + ARENA_ALIGNMENT);

	arena = arena_over(arena_align(block), arena.used);
	telling_carve(&telling, &arena, 2000);
	printf("%zu trials; alarms among them\n\n| users, smaller side | AUC 0.8 | 0.9 | 0.95 | 0.98 |\n| --- | "
		   "--- | --- | --- | --- |\n",
		   trials);
	for (size_t m = 0; m < sizeof(members) / sizeof(*members); m++)
	{
		printf("| %zu |", members[m]);
		for (size_t f = 0; f < sizeof(feature) / sizeof(*feature); f++)
		{
			/* Both sides equal is the worst case of a size. */
			printf(" %zu |", alarms(feature[f].distance, members[m], members[m], trials, &telling, &rng));
			fflush(stdout);
		}
		printf("\n");
	}
	free(block);
	return 0;
}
