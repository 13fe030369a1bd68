/*
 * Who is held out: a pure function of the seed and the user.
 *
 * So nobody has to remember the split: evaluate() finds the same users again,
 * in any order of rows, and a user that arrives later does not move others.
 */
#ifndef USERCLS_SERVER_SPLIT_H
#define USERCLS_SERVER_SPLIT_H

/*
 * hash: the 64-bit hash of the user id (the extended hash function of its type
 * with seed 0). A user is held out with probability share.
 */
extern bool split_held_out(int64 seed, uint64 hash, double share);

#endif
