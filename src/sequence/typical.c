/*
 * The typical user: see typical.h.
 *
 *   foreach of at most SAMPLE users: periods, and of each feature active periods, periods since, mean of the active ones
 *   typical = the median of each
 */
#include "postgres.h"

#include "sequence/typical.h"

#include <float.h>
#include <math.h>

#include "miscadmin.h"

#include "registry/metadata.h"
#include "sequence/stored.h"
#include "sequence/users_attributes.h"
#include "server/errors.h"
#include "server/memory.h"

/* Users who say what is typical, at most. */
#define SAMPLE 10000

/* Numbers of a feature in the list "typical". */
enum
{
	VALUE,
	ACTIVE,
	SINCE,
	MISSING,
	NUMBERS
};

/* ---- Of users ---- */

static int
compare_numbers(const void *a, const void *b)
{
	const float x = *(const float *) a, y = *(const float *) b;

	return (x > y) - (x < y);
}

/* The lower one of n numbers, which are sorted here, without those that are NaN; NaN when most are. */
static float
median(float *number, size_t n, bool most)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(number[i]))
			number[known++] = number[i];
	if (known == 0 || (most && known * 2 < n))
		return NAN;
	qsort(number, known, sizeof(*number), compare_numbers);
	return number[(known - 1) / 2];
}

/* What one user does in feature f of F: his numbers, without MISSING. Adds to empty cells, and those that are missing. */
static void
measure_user(float *number, double *empty, const float *value, size_t steps, size_t W, size_t F, size_t f)
{
	double sum = 0;
	size_t active = 0, since = W;

	for (size_t t = 0; t < steps; t++)
	{
		const float v = value[t * F + f];

		if (isnan(v) || v == 0)
		{
			empty[isnan(v)]++;
			continue;
		}
		sum += (double) v;
		active++;
		since = steps - 1 - t;
	}
	number[VALUE] = active > 0 ? (float) (sum / (double) active) : NAN;
	number[ACTIVE] = (float) active;
	number[SINCE] = (float) since;
}

static float
median_column(float *scratch, const float *number, size_t n, size_t columns, size_t column)
{
	for (size_t i = 0; i < n; i++)
		scratch[i] = number[i * columns + column];
	return median(scratch, n, false);
}

static TypicalFeature
typical_feature(float *scratch, const float *number, size_t n, const double *empty)
{
	const float value = median_column(scratch, number, n, MISSING, VALUE);

	return (TypicalFeature){.value = isnan(value) ? 0 : (double) value,
							.active = (int) median_column(scratch, number, n, MISSING, ACTIVE),
							.since = (int) median_column(scratch, number, n, MISSING, SINCE),
							.missing = empty[1] > empty[0]};
}

/* Row of a category's table that most of n users have. */
static float
most_frequent(const float *row, size_t n, const Attribute *attribute)
{
	const int rows = ATTRIBUTE_VALUES + attribute->n;
	size_t *count = palloc0(sizeof(*count) * (size_t) rows);
	int best = ATTRIBUTE_UNKNOWN;

	for (size_t i = 0; i < n; i++)
		count[(int) row[i]]++;
	for (int r = 0; r < rows; r++)
		if (r != ATTRIBUTE_UNSEEN && count[r] > count[best])
			best = r;
	return (float) best;
}

static float *
typical_attributes(const SequenceUsers *users, const Attributes *attributes, const size_t *who, size_t n)
{
	const size_t A = (size_t) attributes->n;
	const AttributeCoder *coder = attribute_coder(users, attributes);
	float *all = memory_array(n * A, sizeof(float));
	float *one = memory_array(n, sizeof(float));
	float *typical = palloc(sizeof(float) * Max(A, 1));

	for (size_t i = 0; i < n; i++)
		attribute_coder_fill(all + i * A, coder, who[i], 1);
	for (size_t a = 0; a < A; a++)
	{
		for (size_t i = 0; i < n; i++)
			one[i] = all[i * A + a];
		typical[a] =
			attributes->of[a].category ? most_frequent(one, n, &attributes->of[a]) : median(one, n, true);
	}
	pfree(one);
	pfree(all);
	return typical;
}

/* Numbers of all users, feature by feature: number[F][n][MISSING], empty[F][2], periods[n]. */
static void
measure_users(float *number, double *empty, float *periods, const SequenceUsers *users, const size_t *who,
			  size_t n, size_t W)
{
	const size_t F = users->F;
	float *value = memory_array(users->longest * F, sizeof(float));

	for (size_t i = 0; i < n; i++)
	{
		size_t start[2];

		sequence_fill_part(users, who[i], 1, start, value);
		periods[i] = (float) start[1];
		for (size_t f = 0; f < F; f++)
			measure_user(number + (f * n + i) * MISSING, empty + 2 * f, value, start[1], W, F, f);
	}
	pfree(value);
}

Typical *
typical_measure(const SequenceUsers *users, const Attributes *attributes, size_t held_out)
{
	const size_t F = users->F, all = users->N - held_out, n = Min(all, SAMPLE);
	const size_t W = (size_t) sequence_window_periods(users);
	Typical *typical = palloc(sizeof(*typical));
	size_t *who = memory_array(n, sizeof(size_t));
	float *number = memory_array(F * n * MISSING, sizeof(float));
	float *scratch = memory_array(n, sizeof(float));
	double *empty = palloc0(sizeof(double) * 2 * F);

	for (size_t i = 0; i < n; i++)
		who[i] = held_out + i * all / n;
	measure_users(number, empty, scratch, users, who, n, W);
	typical->periods = (int) median(scratch, n, false);
	typical->feature = palloc(sizeof(TypicalFeature) * F);
	for (size_t f = 0; f < F; f++)
	{
		CHECK_FOR_INTERRUPTS();
		typical->feature[f] = typical_feature(scratch, number + f * n * MISSING, n, empty + 2 * f);
	}
	typical->attribute = typical_attributes(users, attributes, who, n);
	pfree(scratch);
	pfree(number);
	pfree(who);
	return typical;
}

/* ---- A sequence ---- */

/* Where he is active: `active` of `steps` periods, evenly, the last one at the end. Nearly all are all. */
static void
put_active(float *value, const TypicalFeature *feature, size_t steps, size_t F)
{
	const size_t active = Min((size_t) feature->active, steps);

	if (active * 5 >= steps * 4)
	{
		for (size_t t = 0; t < steps; t++)
			value[t * F] = (float) feature->value;
		return;
	}
	for (size_t k = 0; k < active; k++)
		value[(steps - 1 - (active > 1 ? k * (steps - 1) / (active - 1) : 0)) * F] = (float) feature->value;
}

void
typical_sequence(float *value, const Typical *typical, size_t W, size_t F)
{
	const size_t steps = Min((size_t) Max(typical->periods, 1), W), before = W - steps;

	for (size_t i = 0; i < W * F; i++)
		value[i] = i < before * F || typical->feature[i % F].missing ? NAN : 0;
	for (size_t f = 0; f < F; f++)
	{
		const TypicalFeature *feature = &typical->feature[f];

		if (feature->active > 0 && (size_t) feature->since < steps)
			put_active(value + before * F + f, feature, steps - (size_t) feature->since, F);
	}
}

/* ---- In a file ---- */

int
typical_encode(CodecEntry *entry, const Typical *typical, int F, int A)
{
	double *number = palloc(sizeof(double) * (size_t) Max(F * NUMBERS, Max(A, 1)));
	int n = 0;

	for (int f = 0; f < F; f++)
	{
		const TypicalFeature *feature = &typical->feature[f];

		number[f * NUMBERS + VALUE] = feature->value;
		number[f * NUMBERS + ACTIVE] = feature->active;
		number[f * NUMBERS + SINCE] = feature->since;
		number[f * NUMBERS + MISSING] = feature->missing;
	}
	entry[n++] = (CodecEntry){"typical_periods", psprintf("%d", typical->periods)};
	entry[n++] = (CodecEntry){"typical", metadata_from_numbers(number, F * NUMBERS, FLT_DECIMAL_DIG)};
	for (int a = 0; a < A; a++)
		number[a] = (double) typical->attribute[a];
	entry[n++] = (CodecEntry){"typical_attributes", metadata_from_numbers(number, A, FLT_DECIMAL_DIG)};
	return n;
}

/* n numbers under key; NULL: there are none such. */
static const double *
read_list(const Codec *codec, const char *key, int n)
{
	int found;
	const double *number = metadata_numbers(&found, codec, key);

	return found == n ? number : NULL;
}

static bool
is_count(double number)
{
	return number >= 0 && number <= PG_INT16_MAX * 64.0 && number == floor(number);
}

/* false: the numbers are of no feature. */
static bool
read_feature(TypicalFeature *feature, const double *number)
{
	if (!isfinite((float) number[VALUE]) || !is_count(number[ACTIVE]) || !is_count(number[SINCE]))
		return false;
	*feature = (TypicalFeature){.value = number[VALUE],
								.active = (int) number[ACTIVE],
								.since = (int) number[SINCE],
								.missing = number[MISSING] > 0};
	return true;
}

static bool
read_attribute(float *out, double number, const Attribute *attribute)
{
	*out = (float) number;
	if (isinf(*out))
		return false;
	return !attribute->category || (is_count(number) && number < (double) (ATTRIBUTE_VALUES + attribute->n));
}

/* The mean of each feature is what every period of his has. */
static Typical *
typical_of_weights(const SequenceModel *model)
{
	Typical *typical = palloc(sizeof(*typical));
	const Tensor *mean = &model->params->param[0];

	while (strcmp(ensemble_tensor(mean->name), "input.mean") != 0)
		mean++;
	*typical = (Typical){.periods = PG_INT16_MAX,
						 .feature = palloc0(sizeof(TypicalFeature) * (size_t) model->F),
						 .attribute = palloc(sizeof(float) * (size_t) Max(model->attributes.n, 1))};
	for (int f = 0; f < model->F; f++)
		typical->feature[f] =
			(TypicalFeature){.value = (double) model->w[mean->offset + (size_t) f], .active = PG_INT16_MAX};
	attributes_unknown(typical->attribute, &model->attributes);
	return typical;
}

static void
report_damage(const char *key, const char *model, int32 version)
{
	report_weights(
		status_make(STATUS_DAMAGED, 0, psprintf("the numbers of a typical user as metadata \"%s\"", key)),
		model, version);
}

Typical *
typical_decode(const Codec *codec, const SequenceModel *model, const char *name, int32 version)
{
	Typical *typical = typical_of_weights(model);
	const char *periods = metadata_text(codec, "typical_periods");
	const double *number = read_list(codec, "typical", model->F * NUMBERS);
	const double *attribute = read_list(codec, "typical_attributes", model->attributes.n);

	if (!periods && codec_metadata_size(codec, "typical") == 0)
		return typical;
	if (!periods || !is_count(atof(periods)))
		report_damage("typical_periods", name, version);
	typical->periods = atoi(periods);
	for (int f = 0; f < model->F; f++)
		if (!number || !read_feature(&typical->feature[f], number + f * NUMBERS))
			report_damage("typical", name, version);
	for (int a = 0; a < model->attributes.n; a++)
		if (!attribute || !read_attribute(&typical->attribute[a], attribute[a], &model->attributes.of[a]))
			report_damage("typical_attributes", name, version);
	return typical;
}
