/* The arena: measuring and carving agree, pieces are aligned, sizes that do not fit are caught. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nn/arena.h"

static void
carve(Arena *arena, char **a, double **b)
{
	*a = ARENA_TAKE(arena, char, 3);
	*b = ARENA_TAKE(arena, double, 100);
}

static void
test_measure_then_carve(void **state)
{
	char *a;
	double *b;
	Arena measured = arena_measure();

	carve(&measured, &a, &b);
	assert_false(measured.overflow);
	assert_null(a);
	assert_null(b);

	char *block = malloc(measured.used + ARENA_ALIGNMENT);
	Arena arena = arena_over(arena_align(block), measured.used);

	carve(&arena, &a, &b);
	assert_false(arena.overflow);
	assert_int_equal(arena.used, measured.used);
	assert_int_equal((uintptr_t) a % ARENA_ALIGNMENT, 0);
	assert_int_equal((uintptr_t) b % ARENA_ALIGNMENT, 0);
	memset(a, 1, 3);
	memset(b, 1, 100 * sizeof(double));
	free(block);
}

static void
test_too_small_a_block(void **state)
{
	_Alignas(ARENA_ALIGNMENT) char block[2 * ARENA_ALIGNMENT];
	Arena arena = arena_over(block, sizeof(block));

	assert_non_null(ARENA_TAKE(&arena, char, ARENA_ALIGNMENT + 1));
	assert_null(ARENA_TAKE(&arena, char, 1));
	assert_true(arena.overflow);
}

static void
test_size_overflow(void **state)
{
	Arena product = arena_measure();
	Arena sum = arena_measure();

	ARENA_TAKE(&product, double, SIZE_MAX / 2);
	assert_true(product.overflow);
	ARENA_TAKE(&sum, char, SIZE_MAX / 2 + 1);
	ARENA_TAKE(&sum, char, SIZE_MAX / 2 + 1);
	assert_true(sum.overflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measure_then_carve),
		cmocka_unit_test(test_too_small_a_block),
		cmocka_unit_test(test_size_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
