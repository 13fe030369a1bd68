/*
 * The attributes of users that a sequence model knows, by name: numbers, and categories with the values that training
 * has seen. They travel in the model's file, as these keys of its metadata:
 *
 *   attributes             ["age", "plan"]
 *   attribute_types        ["number", "category"]
 *   attributes.1.values    ["basic", "family"]: of the category at place 1, from 0. The first one is row 2 of its table
 */
#ifndef USERCLS_SEQUENCE_ATTRIBUTES_H
#define USERCLS_SEQUENCE_ATTRIBUTES_H

#include "postgres.h"

#include "fmgr.h"

#include "model/codec.h"
#include "server/source.h"
#include "sequence/pure/attributes.h"

/* Values of a category, at most: the most frequent ones. A longer text is a value that training has not seen. */
#define ATTRIBUTE_VALUES_MAX 255
#define ATTRIBUTE_TEXT_MAX 100 /* bytes */

typedef struct Attribute
{
	const char *name;
	bool category;
	int n; /* values of a category */
	const char **value;
	int *sorted; /* n: places of the values by their bytes */
	int size;    /* numbers of a row of its table */
} Attribute;

typedef struct Attributes
{
	int n;
	Attribute *of;
} Attributes;

/* Whether a column of such a type can be an attribute: a number, boolean, text or enum. */
extern bool attribute_possible(Oid type);

/* An error unless the column can be one. */
extern void attribute_check_column(Oid relation, const SourceColumn *column);

/* Once the values are there: what is found by them. */
extern void attribute_finish(Attribute *attribute);

/* What a network has to know of them. */
extern AttributeShapes attributes_shapes(const Attributes *attributes);

/* The row of a category's table for a value. */
extern float attribute_row(const Attribute *attribute, const char *text);

/* Entries of a file's metadata, at most; write them, and return how many. */
#define ATTRIBUTE_ENTRIES_MAX (2 + ATTRIBUTES_MAX)
extern int attributes_encode(CodecEntry *entry, const Attributes *attributes);

/* Those of a file, in the current memory context; an error when it is damaged. */
extern Attributes attributes_decode(const Codec *codec, const char *model, int32 version);

/* The values of a row (a composite Datum), by the names of its columns; n floats. Remembers where they are. */
typedef struct AttributeRow AttributeRow;

extern AttributeRow *attribute_row_make(const Attributes *attributes, MemoryContext context);
extern void attribute_row_read(float *value, AttributeRow *reader, Datum row);

/* value: that of a user of whom no attribute is known. */
extern void attributes_unknown(float *value, const Attributes *attributes);

/* The network's code of one value of a column of that type. */
extern float attribute_value(const Attribute *attribute, Datum value, Oid type);

#endif
