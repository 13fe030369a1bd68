/*
 * Ridge regression in its dual form, with the prediction of each row by all others.
 *
 * Given K = X Xᵀ (n × n), targets y and a penalty λ, α = (K + λ I)⁻¹ y makes the weights Xᵀ α, and row i is predicted
 * by the others as y_i - α_i / (K + λ I)⁻¹_ii (leave-one-out: Allen 1974, Cawley and Talbot 2003).
 *
 * Use: ridge_begin, ridge_step until it says false, ridge_solve.
 */
#ifndef USERCLS_NN_RIDGE_H
#define USERCLS_NN_RIDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/arena.h"
#include "nn/real.h"

/* Flat; the matrices belong to the caller. */
typedef struct Ridge
{
	size_t n;
	const real *gram; /* n × ridge_stride(n): K, of which the upper triangle is read */
	real *root;       /* n × ridge_stride(n): the factor's inverse at the end */
	real *block;      /* ridge_block_size() */
	double penalty;   /* λ */
	size_t at;        /* the block column that is next */
	bool failed;      /* K + λ I is not positive definite in these digits */
} Ridge;

extern size_t ridge_stride(size_t n);
extern size_t ridge_block_size(size_t n);

extern void ridge_begin(Ridge *ridge, double penalty);

/* A block of the work, some 2 · 64 · n² operations at most; false: all is done, or has failed. */
extern bool ridge_step(Ridge *ridge);

/* alpha (n × O), and other (n × O): what the other rows predict, of y (n × O). */
extern void ridge_solve(real *alpha, real *other, const Ridge *ridge, const real *y, size_t O);

#endif
