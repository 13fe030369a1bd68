/*
 * Where a series goes by plain regressions on time: a level, a straight line, and one wave of each of many lengths,
 * averaged by how well each of them explains the series.
 */
#ifndef USERCLS_SEQUENCE_PURE_SEASON_H
#define USERCLS_SEQUENCE_PURE_SEASON_H

#include <stddef.h>

#include "nn/real.h"

#define SEASON_STEPS_MAX 128 /* of a longer series the last ones are to be read */
#define SEASON_WAVES_MAX 64
#define SEASON_COURSES_MAX (2 + SEASON_WAVES_MAX)

/*
 * One regression. At step t, from the last one that was read on, its mean is
 * level + slope · t + a · cos(turn · t) + b · sin(turn · t).
 */
typedef struct Course
{
	double share; /* of the average: those of all courses add up to 1 */
	double level, slope, a, b, turn;
	double spread; /* of the values around it: their standard deviation */
} Course;

/* course[0] is the level alone, course[1] the line, the others are waves; or there is course[0] alone. */
typedef struct Seasons
{
	Course course[SEASON_COURSES_MAX];
	size_t n;
} Seasons;

/* Of the n values, 0 < n <= SEASON_STEPS_MAX; value[n - 1] is the last one. */
extern void seasons_measure(Seasons *seasons, const real *value, size_t n);

extern double course_at(const Course *course, double t);

#endif
