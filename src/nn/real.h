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
 * Without support (other compilers, other machines) it is compiled once.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define USERCLS_CLONES __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define USERCLS_CLONES
#endif

#endif
