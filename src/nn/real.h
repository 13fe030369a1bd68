/*
 * The number that every kernel is written over.
 *
 * float in the product; double when the gradient tests compile the same files
 * again with -DUSERCLS_DOUBLE.
 */
#ifndef USERCLS_NN_REAL_H
#define USERCLS_NN_REAL_H

#ifdef USERCLS_DOUBLE
typedef double real;
#else
typedef float real;
#endif

/*
 * Compile a hot function for several processors and let the loader choose.
 * Without support (other compilers, other machines) it is compiled once. The
 * levels name features, where "arch=haswell" would only ever match an Intel processor.
 */
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) &&                     \
	!defined(__SANITIZE_ADDRESS__)
#define USERCLS_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define USERCLS_CLONES
#endif

#endif
