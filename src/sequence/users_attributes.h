/*
 * Attributes of the users of a training or a scoring, read from the table of users.
 *
 *   users_read_attributes(users)            after the rows: what the table says of each user up to each cutoff
 *   attributes_learn(users, held_out)       the values of categories that the users learned from have
 *   coder = attribute_coder(users, attributes);  attribute_coder_fill(out, coder, from, n)
 *
 * A table of users with the source's time column is a history: a user's attributes are those of his latest row before
 * as_of (of an outcome: up to it), so that nothing is known earlier than it was. Without that column he has one row.
 */
#ifndef USERCLS_SEQUENCE_USERS_ATTRIBUTES_H
#define USERCLS_SEQUENCE_USERS_ATTRIBUTES_H

#include "sequence/attributes.h"
#include "sequence/users.h"

/* Read them into users->attributes, if reading names any. whole: an error when row security would hide rows. */
extern void users_read_attributes(SequenceUsers *users, bool whole);

extern size_t users_attributes_memory(const SequenceUsers *users); /* bytes */

/* What a training makes of them, by the users from held_out on. */
extern Attributes attributes_learn(const SequenceUsers *users, size_t held_out);

/* Whether these are the users' attributes, by name and type and in the same order. */
extern bool users_have_attributes(const SequenceUsers *users, const Attributes *attributes);

/* From what was read to what a network of these attributes reads. An error when a column has become of another type. */
typedef struct AttributeCoder AttributeCoder;

extern AttributeCoder *attribute_coder(const SequenceUsers *users, const Attributes *attributes);

/* out: n × attributes, of the users from `from` on. Nothing when there are no attributes. */
extern void attribute_coder_fill(float *out, const AttributeCoder *coder, size_t from, size_t n);

/* Whether the table knows what it said at another time. */
extern bool users_attributes_have_history(const SequenceUsers *users);

/* Whether attribute a of the users is a category; and its value for user i, NaN: not known: a number, or the number of a text. */
extern bool users_attribute_is_category(const SequenceUsers *users, int a);
extern double users_attribute(const SequenceUsers *users, size_t i, int a);
extern size_t users_attribute_texts(const SequenceUsers *users,
									int a); /* of a category: how many texts there are */

#endif
