/*
 * The table of users, in any order, to the attributes of each user of the source:
 *
 *   foreach row of the table before as_of: user = idmap_find(id);  none: not a user of the source
 *     a history: keep the row when it is later than the one that is kept;  otherwise a second row is an error
 *   a number is kept as it is, a text as its number in a dictionary of the column
 */
#include "postgres.h"

#include "sequence/users_attributes.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "sequence/users_cells.h"
#include "server/errors.h"
#include "server/memory.h"
#include "server/notices.h"
#include "server/source.h"

/* A value that fewer users than this have is as good as unseen. */
#define SELDOM 3

/* Numbers of texts are kept as floats. */
#define TEXTS_MAX (1 << 24)

struct UserAttributes
{
	const SequenceCells *cells;
	const char *relation; /* for messages */
	int A;
	SourceColumn *column;
	IdMap **texts; /* of each category; NULL: a number */
	float *value;  /* A of each number of cells->ids; NaN: not known */
	int64 *time;   /* of the row that they are of; DT_NOBEGIN: none so far */
	bool history;
	float *row; /* A: the row that is being read */
	uint64 rows;
};

static const SequenceReading *
reading_of(const SequenceUsers *users)
{
	return users->cells[0]->reading;
}

/* ---- Reading ---- */

static float
read_number(const UserAttributes *all, int a, Datum value, Datum id)
{
	const double number = source_number(value, all->column[a].type);

	if (!isfinite((float) number))
		error_not_finite(all->relation, all->column[a].name, number,
						 source_id_text(all->cells->user.type, id));
	return (float) number;
}

static float
read_text(const UserAttributes *all, int a, Datum value)
{
	IdMap *texts = all->texts[a];
	const Datum text = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
	const uint32 number = idmap_add(texts, text, idmap_hash(texts, text));

	if (number >= TEXTS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column \"%s\" of %s has more than %d different texts", all->column[a].name,
							   all->relation, TEXTS_MAX),
						errhint("Leave it out of attributes, or make fewer values of it in a view.")));
	return (float) number;
}

/* Of two rows of one moment the one that is larger, so that the order of rows does not matter. */
static bool
row_is_larger(const UserAttributes *all, const float *kept)
{
	for (int a = 0; a < all->A; a++)
	{
		const float x = all->row[a], y = kept[a];

		if (isnan(x) || isnan(y) || x == y)
		{
			if (isnan(x) == isnan(y))
				continue;
			return isnan(y);
		}
		if (!all->texts[a])
			return x > y;
		return strcmp(TextDatumGetCString(idmap_id(all->texts[a], (uint32) x)),
					  TextDatumGetCString(idmap_id(all->texts[a], (uint32) y))) > 0;
	}
	return false;
}

static void
check_memory(const UserAttributes *all)
{
	size_t bytes = cells_memory(all->cells) + idmap_count(all->cells->ids) * sizeof(float) * (size_t) all->A;

	for (int a = 0; a < all->A; a++)
		bytes += all->texts[a] ? idmap_memory(all->texts[a]) : 0;
	memory_check(bytes, all->cells->what);
}

/* A SourceRow; value[]: user, time (a history's), then the attributes. */
static void
read_row(void *arg, const Datum *value, const bool *isnull)
{
	UserAttributes *all = arg;
	const SequenceCells *cells = all->cells;
	const int first = all->history ? 2 : 1;

	if (++all->rows % 65536 == 0)
		check_memory(all);
	if (isnull[0])
		error_null_id(all->relation, cells->reading->user_column);

	const uint32 user = idmap_find(cells->ids, value[0], idmap_hash(cells->ids, value[0]));
	const int64 time = all->history ? DatumGetTimestampTz(value[1]) : 0;

	if (user == IDMAP_NONE || time < all->time[user])
		return;
	if (!all->history && all->time[user] != DT_NOBEGIN)
		error_duplicate_id(all->relation, cells->reading->user_column,
						   source_id_text(cells->user.type, value[0]));
	for (int a = 0; a < all->A; a++)
		all->row[a] = isnull[first + a] ? NAN
					  : all->texts[a]   ? read_text(all, a, value[first + a])
										: read_number(all, a, value[first + a], value[0]);

	float *kept = all->value + (size_t) user * (size_t) all->A;

	if (time == all->time[user] && !row_is_larger(all, kept))
		return;
	memcpy(kept, all->row, sizeof(float) * (size_t) all->A);
	all->time[user] = time;
}

/* The time column of the table of users tells a history when it counts as that of the source does. */
static bool
is_history(const SequenceReading *reading, Oid of_source)
{
	const AttrNumber number = get_attnum(reading->users, reading->time_column);
	const Oid type =
		number == InvalidAttrNumber ? InvalidOid : getBaseType(get_atttype(reading->users, number));

	if (source_is_integer(of_source))
		return source_is_integer(type);
	return type == TIMESTAMPTZOID || type == TIMESTAMPOID || type == DATEOID;
}

/* What times of a history are compared as. */
static Oid
history_type(const SequenceCells *cells)
{
	return cells->window.type == INT8OID ? INT8OID : TIMESTAMPTZOID;
}

/* The user's id as the source has it: int columns meet bigint ones. */
static const char *
id_expression(const UserAttributes *all, const SourceColumn *user)
{
	if (user->type == all->cells->user.type)
		return user->quoted;
	return psprintf("%s::%s", user->quoted, source_type(all->cells->user.type));
}

static const char *
query_of(const UserAttributes *all, Oid relation)
{
	const SequenceReading *reading = all->cells->reading;
	const SourceColumn user = source_column(relation, reading->user_column);
	const char *time = all->history ? source_column(relation, reading->time_column).quoted : NULL;
	const char *type = source_type(history_type(all->cells));
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s", id_expression(all, &user));
	if (time)
		appendStringInfo(&sql, ", %s::%s", time, type);
	for (int a = 0; a < all->A; a++)
		appendStringInfo(&sql, ", %s%s", all->column[a].quoted, all->texts[a] ? "::pg_catalog.text" : "");
	appendStringInfo(&sql, " FROM %s", source_quote(relation));
	if (time)
		appendStringInfo(&sql, " WHERE %s::%s OPERATOR(pg_catalog.%s) $1", time, type,
						 reading->closed ? "<=" : "<");
	appendStringInfoString(&sql,
						   only_users(all->cells, time ? " AND " : " WHERE ", &user, all->history ? 2 : 1));
	return sql.data;
}

static UserAttributes *
attributes_create(const SequenceCells *cells, const UserAttributes *first)
{
	const SequenceReading *reading = cells->reading;
	const size_t n = idmap_count(cells->ids), A = (size_t) reading->A;
	UserAttributes *all = palloc0(sizeof(*all));

	*all = (UserAttributes){.cells = cells,
							.relation = get_rel_name(reading->users),
							.A = reading->A,
							.column = palloc(sizeof(SourceColumn) * A),
							.texts = palloc0(sizeof(IdMap *) * A),
							.value = memory_array(n * A, sizeof(float)),
							.time = memory_array(n, sizeof(int64)),
							.row = palloc(sizeof(float) * A),
							.history = is_history(reading, cells->window.column)};
	for (int a = 0; a < all->A; a++)
	{
		all->column[a] = source_column(reading->users, reading->attributes[a]);
		attribute_check_column(reading->users, &all->column[a]);
		if (source_is_category(all->column[a].type))
			all->texts[a] = first ? first->texts[a] : idmap_create(TEXTOID);
	}
	for (size_t i = 0; i < n * A; i++)
		all->value[i] = NAN;
	for (size_t i = 0; i < n; i++)
		all->time[i] = DT_NOBEGIN;
	return all;
}

/* What the table said at one cutoff. first: the attributes of another one, or NULL: all have the same dictionaries. */
static UserAttributes *
read_at(const SequenceCells *cells, const UserAttributes *first, bool whole)
{
	UserAttributes *all = attributes_create(cells, first);
	const int times = all->history ? 1 : 0;
	Oid type[1 + ONLY_PARAMS] = {history_type(cells)};
	Datum value[1 + ONLY_PARAMS] = {
		Int64GetDatum(type[0] == INT8OID ? cells->window.at : cells->window.as_of)};
	const int only = only_params(type + 1, value + 1, cells);

	source_scan(&(SourceScan){.sql = query_of(all, cells->reading->users),
							  .n = times + only,
							  .types = type + 1 - times,
							  .values = value + 1 - times,
							  .whole = whole,
							  .row = read_row,
							  .arg = all});
	return all;
}

void
users_read_attributes(SequenceUsers *users, bool whole)
{
	if (reading_of(users)->A == 0)
		return;
	users->attributes = palloc(sizeof(*users->attributes) * (size_t) users->cutoffs);
	for (int at = 0; at < users->cutoffs; at++)
		users->attributes[at] = read_at(users->cells[at], at > 0 ? users->attributes[0] : NULL, whole);
}

size_t
users_attributes_memory(const SequenceUsers *users)
{
	size_t bytes = 0;

	for (int at = 0; users->attributes && at < users->cutoffs; at++)
		bytes += idmap_count(users->cells[at]->ids) *
				 (sizeof(int64) + sizeof(float) * (size_t) users->attributes[at]->A);
	return bytes;
}

/* ---- One value ---- */

bool
users_attributes_have_history(const SequenceUsers *users)
{
	return users->attributes && users->attributes[0]->history;
}

bool
users_attribute_is_category(const SequenceUsers *users, int a)
{
	return users->attributes[0]->texts[a] != NULL;
}

double
users_attribute(const SequenceUsers *users, size_t i, int a)
{
	const UserAttributes *all = users->attributes[users->at[i]];

	return (double) all->value[(size_t) users->in_cells[i] * (size_t) all->A + (size_t) a];
}

size_t
users_attribute_texts(const SequenceUsers *users, int a)
{
	return idmap_count(users->attributes[0]->texts[a]);
}

/* ---- Learning ---- */

typedef struct CountedText
{
	char *text;
	int64 users;
} CountedText;

/* The most frequent first. */
static int
compare_counted(const void *a, const void *b)
{
	const CountedText *x = a, *y = b;

	if (x->users != y->users)
		return x->users > y->users ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* count: of each text its users from held_out on. A user's sequences are side by side, and count once. */
static void
count_users(int64 *count, const SequenceUsers *users, size_t held_out, int a)
{
	const size_t texts = users_attribute_texts(users, a);
	size_t *last = memory_array(texts, sizeof(*last)); /* 1 + the sequence that was counted last */

	memset(count, 0, sizeof(*count) * texts);
	memset(last, 0, sizeof(*last) * texts);
	for (size_t i = held_out; i < users->N; i++)
	{
		const double value = users_attribute(users, i, a);
		const size_t text = isnan(value) ? 0 : (size_t) value;

		if (isnan(value) || (last[text] > 0 && users->hash[last[text] - 1] == users->hash[i]))
			continue;
		count[text]++;
		last[text] = i + 1;
	}
	pfree(last);
}

/* Those that enough of the users from held_out on have; *n of them. */
static CountedText *
frequent_texts(size_t *n, const SequenceUsers *users, size_t held_out, int a)
{
	IdMap *texts = users->attributes[0]->texts[a];
	const size_t all = idmap_count(texts);
	int64 *count = memory_array(all, sizeof(int64));
	CountedText *frequent = memory_array(all, sizeof(CountedText));

	count_users(count, users, held_out, a);
	*n = 0;
	for (size_t t = 0; t < all; t++)
	{
		const Datum datum = idmap_id(texts, (uint32) t);

		if (count[t] >= SELDOM && VARSIZE_ANY_EXHDR(DatumGetPointer(datum)) <= ATTRIBUTE_TEXT_MAX)
			frequent[(*n)++] = (CountedText){TextDatumGetCString(datum), count[t]};
	}
	qsort(frequent, *n, sizeof(*frequent), compare_counted);
	pfree(count);
	return frequent;
}

static void
learn_category(Attribute *attribute, const SequenceUsers *users, size_t held_out, int a)
{
	size_t n;
	CountedText *frequent = frequent_texts(&n, users, held_out, a);

	attribute->n = (int) Min(n, ATTRIBUTE_VALUES_MAX);
	attribute->value = palloc(sizeof(char *) * (size_t) Max(attribute->n, 1));
	for (int i = 0; i < attribute->n; i++)
		attribute->value[i] = frequent[i].text;
	qsort(attribute->value, (size_t) attribute->n, sizeof(char *), compare_texts);
	attribute->size = attribute_row_size(attribute->n);
	pfree(frequent);
	if (n == 0)
		notice_send(NOTICE, psprintf("attribute \"%s\" says nothing", attribute->name),
					psprintf("It has %zu different texts, and none that %d of the users learned from share.",
							 users_attribute_texts(users, a), SELDOM),
					"Leave it out of attributes, or make fewer values of it in a view.");
}

Attributes
attributes_learn(const SequenceUsers *users, size_t held_out)
{
	const SequenceReading *reading = reading_of(users);
	Attributes attributes = {.n = reading->A, .of = palloc0(sizeof(Attribute) * (size_t) Max(reading->A, 1))};

	for (int a = 0; a < reading->A; a++)
	{
		Attribute *attribute = &attributes.of[a];

		attribute->name = reading->attributes[a];
		attribute->category = users_attribute_is_category(users, a);
		if (attribute->category)
			learn_category(attribute, users, held_out, a);
		attribute_finish(attribute);
	}
	return attributes;
}

bool
users_have_attributes(const SequenceUsers *users, const Attributes *attributes)
{
	const SequenceReading *reading = reading_of(users);

	if (attributes->n != reading->A)
		return false;
	for (int a = 0; a < attributes->n; a++)
		if (strcmp(attributes->of[a].name, reading->attributes[a]) != 0 ||
			attributes->of[a].category != users_attribute_is_category(users, a))
			return false;
	return true;
}

/* ---- Coding ---- */

struct AttributeCoder
{
	const SequenceUsers *users;
	const Attributes *attributes;
	float **row; /* of each category: by the number of its text */
};

static float *
rows_of_texts(const Attribute *attribute, IdMap *texts)
{
	const uint32 n = idmap_count(texts);
	float *row = memory_array(n, sizeof(float));

	for (uint32 t = 0; t < n; t++)
	{
		char *one = TextDatumGetCString(idmap_id(texts, t));

		row[t] = attribute_row(attribute, one);
		pfree(one);
	}
	return row;
}

static void
check_type(const Attribute *attribute, const SourceColumn *column, const char *relation, bool category)
{
	if (attribute->category == category)
		return;
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column \"%s\" of relation \"%s\" is %s", column->name, relation,
						   attribute->category ? "not a text" : "not a number"),
					errdetail("The model has learned it as %s, and its type is %s now.",
							  attribute->category ? "one" : "a number", format_type_be(column->type)),
					errhint("Give the column its type back in a view, or train the model again.")));
}

AttributeCoder *
attribute_coder(const SequenceUsers *users, const Attributes *attributes)
{
	AttributeCoder *coder = palloc(sizeof(*coder));
	const UserAttributes *all = users->attributes ? users->attributes[0] : NULL;

	*coder = (AttributeCoder){users, attributes, palloc0(sizeof(float *) * (size_t) Max(attributes->n, 1))};
	for (int a = 0; a < attributes->n; a++)
	{
		check_type(&attributes->of[a], &all->column[a], all->relation, all->texts[a] != NULL);
		if (all->texts[a])
			coder->row[a] = rows_of_texts(&attributes->of[a], all->texts[a]);
	}
	return coder;
}

void
attribute_coder_fill(float *out, const AttributeCoder *coder, size_t from, size_t n)
{
	const Attributes *attributes = coder->attributes;

	for (size_t i = from; i < from + n; i++)
		for (int a = 0; a < attributes->n; a++, out++)
		{
			const double value = users_attribute(coder->users, i, a);

			if (attributes->of[a].category)
				*out = isnan(value) ? ATTRIBUTE_UNKNOWN : coder->row[a][(size_t) value];
			else
				*out = (float) value;
		}
}
