/*
 * Least squares of many rows in double, by the matrix of the columns' products.
 *
 * Columns come in an order of precedence: one that the columns before it explain is left out, with a weight of 0. So what is
 * asked for comes last, and what it is to be free of comes first.
 *
 * Use: carve, squares_begin, for each row fill squares_row(), then squares_step until it says false.
 */
#ifndef USERCLS_NN_SQUARES_H
#define USERCLS_NN_SQUARES_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/arena.h"

typedef struct Squares
{
	size_t P;       /* columns; the target stands after them */
	double *root;   /* (P + 1)²: the products, then their factor L below the diagonal */
	double *row;    /* rows that wait to be multiplied */
	double *weight; /* P: of each column, once all is done */
	size_t waiting; /* rows that wait */
	size_t rows;    /* in all */
	size_t kept;    /* columns that are not left out */
	size_t at;      /* the row of the factor that is next */
} Squares;

extern void squares_carve(Squares *fit, Arena *arena, size_t P);

extern void squares_begin(Squares *fit);

/* Room for the next row: P columns and the target; the caller fills it. */
extern double *squares_row(Squares *fit);

/* A row of the factor, at most P² operations; false: the weights are there. */
extern bool squares_step(Squares *fit);

/*
 * out (E × E) = the inverse of the products of the last E columns, less what the columns before them explain. Rows and columns
 * of what is left out are 0.
 */
extern void squares_inverse(double *out, const Squares *fit, size_t E);

/* Whether a column is left out. */
extern bool squares_left_out(const Squares *fit, size_t column);

#endif
