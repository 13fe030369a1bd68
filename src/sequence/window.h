/*
 * The periods around as_of: see sequence/users.h.
 *
 * Times are microseconds in the time column's own type (timestamptz, or
 * timestamp; dates count as timestamps at midnight), or the integers of a column of
 * integers. Where a moment is asked for, an integer is that many seconds of Unix time,
 * as to_timestamp() has it, and where a length is, that many seconds: '1' is one.
 */
#ifndef USERCLS_SEQUENCE_WINDOW_H
#define USERCLS_SEQUENCE_WINDOW_H

#include "datatype/timestamp.h"

#include "labeler/periods.h"
#include "server/source.h"

typedef struct Window
{
	Periods periods; /* before + after of them */
	Oid type;    /* TIMESTAMPTZOID, TIMESTAMPOID or INT8OID: of its start and end, as parameters of a query */
	Oid column;  /* the type of the time column */
	bool closed; /* a row at the end of a period belongs to it, and not one at its beginning */
	int before;  /* periods up to as_of */
	int after;   /* periods from as_of on */
	TimestampTz as_of;
	int64 at; /* the same as the column shows it */
} Window;

/* The newest time in the data; false when there is none. */
typedef bool (*WindowNewest)(void *arg, int64 *newest);

/* The type of the times of a column, as a query's parameters have it. */
extern Oid window_type(Oid column);

/* A moment as a value of window_type(column); an error when it is infinite. */
extern int64 window_tick(Oid column, TimestampTz as_of);

/* The moment of an integer; an error when to_timestamp() makes no time of it. */
extern TimestampTz window_moment(int64 integer);

/* A moment, for messages: of a column of integers to_timestamp(104). */
extern const char *window_as_of_text(Oid column, TimestampTz as_of);

/* An error when the column is no date, time or integer. */
extern void window_check_column(const SourceColumn *time, Oid relation);

/* What a window is made of. */
typedef struct WindowRequest
{
	const SourceColumn *time;
	const Interval *period;
	int before, after;        /* periods up to as_of, and from it on */
	bool closed;              /* as in the Window */
	const TimestampTz *as_of; /* NULL: the latest possible, by the newest row */
	WindowNewest newest;
	void *arg;
} WindowRequest;

/* false when as_of is NULL and there is no row to tell. */
extern bool window_make(Window *window, const WindowRequest *request);

/* The time at which period i of the window begins. */
extern TimestampTz window_period(const Window *window, int i);

/* The time that lies n times every before as_of. */
extern TimestampTz window_earlier(const Window *window, const Interval *every, int n);

/*
 * A value of the column in ticks of the periods; a date beyond all timestamps is infinite. Where periods are closed it is
 * a tick earlier: the periods themselves hold the tick at their beginning, and not the one at their end.
 */
extern int64 window_time(const Window *window, Datum value);

#endif
