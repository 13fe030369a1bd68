/*
 * The classes that a label column holds: its distinct values, by the order of their type.
 */
#ifndef USERCLS_SEQUENCE_CLASSES_H
#define USERCLS_SEQUENCE_CLASSES_H

#include "server/source.h"

/* More are a mistake: an id, a number to predict. */
#define CLASSES_MAX 1000

typedef struct ClassList ClassList;

/* The latest label of a user so far; zero: none. */
typedef struct ClassSeen
{
	int64 time;
	uint32 value; /* 1 + number of the value */
} ClassSeen;

/* Whether values of the type can name classes: booleans, numbers (whole ones), texts, enums. */
extern bool classes_named_by(Oid type);

/* An error unless the column's type can name classes. */
extern ClassList *classes_of_column(Oid relation, const SourceColumn *label);

/* For values of such a type; what: where they come from, "outcome". */
extern ClassList *classes_create(Oid type, const char *what);

/* The number of a value; an error when it names no class, or there are more than CLASSES_MAX. */
extern uint32 classes_number(ClassList *list, Datum value);

/*
 * A row with a label: *seen keeps the value with the latest time, and of two values at one time the one with the larger
 * hash, so that the result does not depend on the order of the rows.
 */
extern void classes_see(const ClassList *list, ClassSeen *seen, uint32 number, int64 time);

/*
 * The names of all values by the order of their type, *C of them; (*class_of)[number of a value] is its place in that
 * order.
 */
extern const char **classes_finish(ClassList *list, int32 **class_of, int *C);

#endif
