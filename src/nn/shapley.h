/*
 * Shapley values by sampling: what each of n players adds to the value of all of them together.
 *
 *   foreach order of the players, and its reverse: players come one after the other;
 *        share[player] += value(those who are there now) - value(those before him)
 *   share /= orders
 *
 * (Castro, Gómez and Tejada 2009; an order and its reverse: Mitchell, Cooper, Frank and Holmes 2022.) The shares of one order
 * add up to value(all) - value(nobody), so that those of any number of orders do: only how they are divided is sampled.
 */
#ifndef USERCLS_NN_SHAPLEY_H
#define USERCLS_NN_SHAPLEY_H

#include <stddef.h>
#include <stdint.h>

/* Order `number` of n players, the same every time: an odd one is the reverse of the one before it. */
extern void shapley_order(uint32_t *order, size_t n, size_t number);

#define SHAPLEY_ORDERS_MAX 64

/* How many orders to take for so many values, about: an even number. An order takes n - 1 values beside the two ends. */
extern size_t shapley_orders(size_t n, size_t values);

/* Adds the shares in one of `orders` orders; value[k] is that of its first k players, for k = 0 .. n. */
extern void shapley_add(double *share, const uint32_t *order, const double *value, size_t n, size_t orders);

#endif
