/*
 * What the uplift network reads of a user's row.
 *
 * A number is an input. A text (or enum, ...) column is one input for each of
 * its most frequent values, called column=value, which is 1 for the users of
 * that value and 0 for those of another one: through the network's projection
 * each value has a learned vector. NULL and every other value are "not known",
 * for which there is a learned vector too.
 *
 * An array of numbers is one input for each element, called column[1] and so on:
 * all arrays of a column have the same length. A null array, and a null element,
 * is not known.
 */
#ifndef USERCLS_UPLIFT_INPUTS_H
#define USERCLS_UPLIFT_INPUTS_H

#include "lib/stringinfo.h"

#include "server/request.h"
#include "server/source.h"
#include "uplift/request.h"

/* Values of a column that have a vector of their own. */
#define CATEGORIES_MAX 50

/* Numbers of an array, or of behaviour: more inputs are more than an experiment teaches. */
#define ELEMENTS_MAX 2048

typedef enum UpliftReading
{
	READ_NUMBER,
	READ_CATEGORY, /* as text */
	READ_ARRAY     /* of numbers */
} UpliftReading;

/* A column of the table of users. */
typedef struct UpliftSource
{
	SourceColumn column;
	UpliftReading reading;
	Oid element;     /* of an array: the type of its numbers, domains looked through */
	int first, n;    /* its inputs */
	char **category; /* n, of READ_CATEGORY */
	size_t *length;  /* bytes of each */
} UpliftSource;

/* What is explained, and shuffled, as one: a column, an element of an array, or behaviour. */
typedef struct UpliftColumn
{
	const char *name;
	bool is_number;  /* or numbers, of behaviour */
	int first, n;    /* its inputs */
	char **category; /* n, unless it is a number */
} UpliftColumn;

typedef struct UpliftInputs
{
	Oid users;
	UpliftSource *source;
	int sources;
	UpliftColumn *column;
	int columns;
	char **name; /* F */
	int F;
	int behaviour_first, behaviour_n; /* inputs of uplift/behaviour.h, the last ones; 0: none */
} UpliftInputs;

/* A finite number of a user's row, or an error that names the user. */
extern float uplift_number(Oid users, const SourceColumn *column, Datum value, Oid id_type, Datum id);

/* Whether the type is an array of what source_number() reads; *element: of what, domains looked through. */
extern bool uplift_is_array(Oid type, Oid *element);

/* The column of which an input is, by the input's name: of "tags[3]" and "plan=pro" what stands before. */
extern char *uplift_input_column(Oid users, const char *input);

/* How long a value of the column may be to be a category, in bytes: column=value is an input's name. */
extern int uplift_category_bytes(const char *column);

/*
 * The features when none are named: numbers, texts and enums of 2 to CATEGORIES_MAX values, and arrays of numbers that
 * are all as long, up to ELEMENTS_MAX. request->left_out and request->codes say what is not read, and which whole numbers may be codes.
 */
extern void uplift_default_features(UpliftRequest *request, const ColumnRole *roles, int n_roles);

/* Tell these two in NOTICEs, once the training keeps them. */
extern void uplift_tell_features(const UpliftRequest *request);

/* For training: the columns of request->feature, and the values that are there today. */
extern UpliftInputs *uplift_inputs_find(const UpliftRequest *request); /* its behaviour has begun */

/* For a model that is there: F inputs by their names. */
extern UpliftInputs *uplift_inputs_of(const UpliftRequest *request, char **name, size_t F);

/* Append ", a, b::text" for all sources to a SELECT list. */
extern void uplift_inputs_select(StringInfo sql, const UpliftInputs *inputs);

/* The F inputs, but for those of behaviour, NaN where not known, of the sources' values; id is the user's, for errors. */
extern void uplift_inputs_fill(float *out, const UpliftInputs *inputs, const Datum *value, const bool *isnull,
							   Oid id_type, Datum id);

#endif
