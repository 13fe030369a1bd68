/* Whom a training learns from: errors where that cannot be, and notices of what is not as it may seem. */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "sequence/train_sequence.h"
#include "server/errors.h"
#include "server/notices.h"

#define CLASSES_LISTED_MAX 10

/* From this share on one class is nearly all there is. */
#define ONE_CLASS_SHARE 0.95

static const char *
hint_summary(const SequenceReading *reading)
{
	return psprintf(
		"SELECT * FROM usercls.label_summary('%s', '%s') shows which period and trend_rule make classes "
		"that can be learned.",
		get_rel_name(reading->relation), reading->trend_of);
}

/* Which argument moves the window to where rows are. */
static const char *
hint_window(const SequenceReading *reading, bool has_as_of)
{
	if (!has_as_of && reading->horizon_periods > 0)
		return psprintf(
			"Pass as_of, or a smaller horizon_periods: as_of is %d periods before the newest row.",
			reading->horizon_periods);
	return "Pass another as_of, more window_periods or a longer period.";
}

size_t
sequence_count_labeled(const SequenceUsers *users)
{
	size_t labeled = 0;

	for (int c = 0; c < users->C; c++)
		labeled += (size_t) users->users[c];
	return labeled;
}

static void
check_users(const SequenceReading *reading, const SequenceUsers *users, bool has_as_of)
{
	const char *relation = get_rel_name(reading->relation);
	const int64 labeled = (int64) sequence_count_labeled(users);

	if (users->N == 0)
		error_no_rows(relation,
					  users->silent > 0
						  ? psprintf("No user has a row in the %d periods before %s; %zu have one before.",
									 reading->window_periods, sequence_as_of_text(users), users->silent)
						  : psprintf("No user has a row before %s.", sequence_as_of_text(users)),
					  hint_window(reading, has_as_of));
	if (labeled == 0)
		error_no_rows(
			relation,
			reading->outcome
				? psprintf("The outcome is null for all %zu users: %s", users->N, reading->outcome)
				: psprintf("Column \"%s\" is null for all %zu users.", reading->label_column, users->N),
			psprintf("Labels of rows up to horizon_periods (%d) after as_of (%s) count.",
					 reading->horizon_periods, sequence_as_of_text(users)));
	if (users->C < 2 && reading->trend_of)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("all users of %s have the same label", relation),
				 errdetail("All %zu users have the label \"%s\".", users->N, users->classes[0]),
				 errhint("%s", hint_summary(reading))));
	if (users->C < 2)
		error_one_class(relation, users->classes[0], labeled);
}

/* Sparse data: nearly everybody has the same label, most often because periods are empty. */
static void
notice_one_class(const SequenceReading *reading, const SequenceUsers *users)
{
	double *room = palloc(2 * sizeof(double) * (size_t) reading->window_periods);
	size_t changing = 0;
	int c = 0;

	for (int k = 1; k < users->C; k++)
		if (users->users[k] > users->users[c])
			c = k;
	if ((double) users->users[c] < ONE_CLASS_SHARE * (double) users->N)
		return;
	for (size_t i = 0; i < users->N; i++)
	{
		const SignScore score = sequence_trend_score(users, i, reading->trend_labels.measure, room);

		changing += score.rises + score.falls > 0;
	}
	notice_send(NOTICE,
				psprintf(INT64_FORMAT " of %zu users have the label \"%s\"", users->users[c], users->N,
						 users->classes[c]),
				psprintf("In the %d periods before as_of \"%s\" changes at all for %zu of them.",
						 reading->window_periods, reading->trend_of, changing),
				hint_summary(reading));
}

/* Classes that nobody who is held out has: nothing is measured of them. */
static void
notice_unmeasured(const SequenceUsers *users, size_t held_out)
{
	int64 *measured = palloc0(sizeof(int64) * (size_t) users->C);
	StringInfoData list;
	int missing = 0;

	initStringInfo(&list);
	for (size_t i = 0; i < held_out; i++)
		measured[users->label[i]]++;
	for (int c = 0; c < users->C; c++)
	{
		if (measured[c] > 0)
			continue;
		missing++;
		if (missing <= CLASSES_LISTED_MAX)
			appendStringInfo(&list, "%s\"%s\" (" INT64_FORMAT ")", missing > 1 ? ", " : "", users->classes[c],
							 users->users[c]);
	}
	if (missing > CLASSES_LISTED_MAX)
		appendStringInfoString(&list, ", ...");
	if (missing > 0)
		notice_send(
			NOTICE, psprintf("%d of %d classes without held-out users", missing, users->C),
			psprintf("%zu users are held out. All users of these classes are learned from: %s. Metrics "
					 "and calibration say nothing about them.",
					 held_out, list.data),
			"Bring more users of these classes, or hold out a larger share.");
	pfree(list.data);
	pfree(measured);
}

/* A class of which nothing is learned has no place in a network. */
static void
check_learned(const SequenceUsers *users, size_t held_out)
{
	int64 *learned = palloc0(sizeof(int64) * (size_t) users->C);

	for (size_t i = held_out; i < users->N; i++)
		learned[users->label[i]]++;
	for (int c = 0; c < users->C; c++)
		if (learned[c] == 0)
			ereport(
				ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("no sequence to learn from has the label \"%s\"", users->classes[c]),
				 errdetail("%zu of %zu sequences are held out.", held_out, users->N),
				 errhint("Pass more cutoffs, a smaller share, or {\"method\": \"user\"} as validation.")));
	pfree(learned);
}

/* Of a split by time: what is neither learned nor measured. */
static void
notice_between(size_t sequences, const SequenceUsers *users)
{
	if (sequences > users->N)
		notice_send(NOTICE,
					psprintf("%zu of %zu sequences are neither learned nor held out", sequences - users->N,
							 sequences),
					"Their labels were not known yet at the first cutoff that is held out.",
					"cutoff_every of at least the horizon leaves none out.");
}

void
sequence_check_users(const SequenceReading *reading, const SequenceUsers *users, bool has_as_of)
{
	check_users(reading, users, has_as_of);
	sequence_notice_silent(reading, users);
	if (reading->trend_of)
		notice_one_class(reading, users);
}

void
sequence_check_held_out(const SequenceUsers *users, size_t held_out, size_t labeled,
						const Validation *validation)
{
	notice_between(labeled, users);
	check_learned(users, held_out);
	if (validation->share > 0)
		notice_unmeasured(users, held_out);
}
