/*
 * Multinomial logistic regression with a penalty of squares, fitted by L-BFGS (Liu and Nocedal 1989):
 *
 *   least (Σ -log softmax(w · [x, 1])[label] + penalty / 2 · Σ w²) / N, where the weights of the 1 are free
 *
 * Use: carve, fill x and label, then for each penalty logistic_restart() and logistic_step() until it says false.
 * Weights stay where the last penalty left them, so that the next one begins there.
 */
#ifndef USERCLS_NN_LOGISTIC_H
#define USERCLS_NN_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/arena.h"
#include "nn/real.h"

#define LOGISTIC_MEMORY 8 /* pairs of steps that the curvature is guessed from */

typedef struct Logistic
{
	size_t room, N, S, C; /* rows: at most, and in use */
	real *x;              /* N × (S + 1): the caller fills it, numbers of order 1; the last one is 1 */
	int32_t *label;       /* N: the caller fills it */
	real *w;              /* C × (S + 1) */
	double penalty;
	double loss; /* what is made least, at w */

	/* Private. P = C × (S + 1). */
	real *score, *dscore;              /* N × C */
	real *next, *dnext;                /* P: weights that are tried, and the gradient of the losses there */
	double *g, *g_next;                /* P: gradients at w and next */
	double *way;                       /* P: where to go */
	double *dw, *dg;                   /* LOGISTIC_MEMORY × P */
	double curvature[LOGISTIC_MEMORY]; /* of each pair: dw · dg */
	int pairs;                         /* so far; the newest one is pairs - 1 modulo LOGISTIC_MEMORY */
	int steps;                         /* with this penalty */
} Logistic;

extern void logistic_carve(Logistic *fit, Arena *arena, size_t N, size_t S, size_t C);

/* For the first N rows of x: the weights of their labels' shares, which an endless penalty leaves. */
extern void logistic_begin(Logistic *fit, size_t N);

extern void logistic_restart(Logistic *fit, double penalty);

/* One step down; false: it was not worth another one. */
extern bool logistic_step(Logistic *fit);

/* score (n × C) of n rows of x (S + 1). */
extern void logistic_score(real *score, const Logistic *fit, const real *x, size_t n);

#endif
