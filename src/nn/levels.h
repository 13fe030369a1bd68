/*
 * Levels of x86-64 that kernels are compiled for more than once:
 *
 *   #ifdef X86_LEVELS
 *   #pragma GCC push_options
 *   #pragma GCC target("arch=x86-64-v3")
 *   #define LEVEL(name) name##_v3
 *   #include "the kernel"
 *   #pragma GCC pop_options
 *   #endif
 *
 * where target_clones (USERCLS_CLONES) cannot say how many registers a clone has, or how wide they are. A table of the
 * results, best first, ends with one that is compiled for any processor.
 */
#ifndef USERCLS_NN_LEVELS_H
#define USERCLS_NN_LEVELS_H

#include <stdbool.h>

#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__)
#define X86_LEVELS

/* AVX2: 16 registers of 32 bytes. */
static inline bool
has_v3(void)
{
	return __builtin_cpu_supports("x86-64-v3");
}

/* AVX-512: 32 registers of 64 bytes. */
static inline bool
has_v4(void)
{
	return __builtin_cpu_supports("x86-64-v4");
}
#endif

static inline bool
has_any(void)
{
	return true;
}

#endif
