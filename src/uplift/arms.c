#include "postgres.h"

#include "uplift/arms.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "server/errors.h"
#include "server/jsonbuild.h"
#include "uplift/trial.h"
#include "uplift/yes_no.h"

const UpliftArms *
uplift_arms_yes_no(void)
{
	static const char *name[] = {"control", "treated"};
	static const UpliftArms arms = {.treatments = 1, .name = name};

	return &arms;
}

bool
uplift_arms_same(const UpliftArms *a, const UpliftArms *b)
{
	if (a->named != b->named || a->treatments != b->treatments)
		return false;
	for (size_t arm = 0; arm <= a->treatments; arm++)
		if (strcmp(a->name[arm], b->name[arm]) != 0)
			return false;
	return true;
}

/* -- In the table --------------------------------------------------------- */

/* Values of columns of other types are no names: a number with a fraction, a time. */
static bool
names_arms(Oid type)
{
	return source_is_category(type) || type == BOOLOID || source_is_integer(type);
}

SourceColumn
uplift_arms_column(const UpliftRequest *request, const UpliftArms *arms)
{
	if (!arms->named)
		return yes_no_column(request->users, request->treatment_column, "treatment_column", "treated");

	const SourceColumn column = source_column(request->users, request->treatment_column);

	if (!names_arms(column.type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of relation \"%s\" does not name arms", column.name,
							   get_rel_name(request->users)),
						errdetail("Its type is %s.", format_type_be(column.type)),
						errhint("With control the treatment is a text, an enum, an integer or a boolean: "
								"cast it in a view.")));
	return column;
}

const char *
uplift_arms_expression(const SourceColumn *treatment, const UpliftArms *arms)
{
	return arms->named ? psprintf("%s::pg_catalog.text", treatment->quoted) : treatment->quoted;
}

typedef struct ArmReader
{
	UpliftArms *arms;
	const char *control;
	bool found; /* the control */
	MemoryContext context;
} ArmReader;

/* A SourceRow; value[]: text. Names beyond the most are counted alone. */
static void
arm_row(void *arg, const Datum *value, const bool *isnull pg_attribute_unused())
{
	ArmReader *reader = arg;
	UpliftArms *arms = reader->arms;
	const char *name = TextDatumGetCString(value[0]);

	if (strcmp(name, reader->control) == 0)
		reader->found = true;
	else if (arms->treatments++ < UPLIFT_TREATMENTS_MAX)
		arms->name[arms->treatments] = MemoryContextStrdup(reader->context, name);
}

/* The values of users in the experiment: numbers and enums in their own order, texts by their bytes. */
static const char *
arms_sql(const UpliftRequest *request, const SourceColumn *column)
{
	const char *propensity =
		request->propensity_column
			? psprintf(" AND %s IS NOT NULL", quote_identifier(request->propensity_column))
			: "";
	const bool is_text = source_is_category(column->type) && !type_is_enum(column->type);

	return psprintf("SELECT value::pg_catalog.text FROM (SELECT DISTINCT %s AS value FROM %s "
					"WHERE %s IS NOT NULL AND %s IS NOT NULL%s) AS u ORDER BY value%s",
					is_text ? uplift_arms_expression(column, &(UpliftArms){.named = true}) : column->quoted,
					source_quote(request->users), column->quoted, quote_identifier(request->outcome_column),
					propensity, is_text ? " COLLATE pg_catalog.\"C\"" : "");
}

static void
error_no_control(const UpliftRequest *request, const UpliftArms *arms)
{
	const int shown = (int) Min(arms->treatments, 10);
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 1; i <= shown; i++)
		appendStringInfo(&list, "%s%s", i > 1 ? ", " : "", quote_literal_cstr(arms->name[i]));
	if (arms->treatments > (size_t) shown)
		appendStringInfoString(&list, " and more");
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("no user is in the arm %s", quote_literal_cstr(request->control)),
					errdetail("control names it; users with an outcome have these values of \"%s\": %s.",
							  request->treatment_column, list.len ? list.data : "none"),
					errhint_nearest(nearest_name(request->control, arms->name + 1, shown),
									"Pass the value of those who were not treated as control.")));
}

static void
check_found(const UpliftRequest *request, const ArmReader *reader)
{
	const UpliftArms *arms = reader->arms;

	if (!reader->found)
		error_no_control(request, arms);
	if (arms->treatments == 0)
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s has no treated users", get_rel_name(request->users)),
						errdetail("Column \"%s\" is %s for all users with an outcome.",
								  request->treatment_column, quote_literal_cstr(request->control)),
						errhint("Uplift is the difference between arms: the experiment needs another one.")));
	if (arms->treatments > UPLIFT_TREATMENTS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column \"%s\" has too many arms", request->treatment_column),
						errdetail("It has %zu values besides the control; at most %d are possible.",
								  arms->treatments, UPLIFT_TREATMENTS_MAX),
						errhint("Join arms in a view, or set those of no interest to NULL.")));
}

const UpliftArms *
uplift_arms_find(const UpliftRequest *request)
{
	if (!request->control)
		return uplift_arms_yes_no();

	UpliftArms *arms = palloc0(sizeof(*arms));
	ArmReader reader = {.arms = arms, .control = request->control, .context = CurrentMemoryContext};

	arms->named = true;
	arms->name = palloc(sizeof(char *) * (UPLIFT_TREATMENTS_MAX + 1));
	arms->name[0] = request->control;

	const SourceColumn column = uplift_arms_column(request, arms);

	source_column(request->users, request->outcome_column);
	if (request->propensity_column)
		source_column(request->users, request->propensity_column);
	source_scan(
		&(SourceScan){.sql = arms_sql(request, &column), .whole = true, .row = arm_row, .arg = &reader});
	check_found(request, &reader);
	return arms;
}

int
uplift_arm_named(const UpliftArms *arms, const char *name)
{
	for (size_t arm = 0; arm <= arms->treatments; arm++)
		if (strcmp(arms->name[arm], name) == 0)
			return (int) arm;
	return -1;
}

/* -- For people ----------------------------------------------------------- */

const char *
uplift_arms_text(const UpliftArms *arms)
{
	StringInfoData list;

	initStringInfo(&list);
	for (size_t arm = 0; arm <= arms->treatments; arm++)
		appendStringInfo(&list, "%s%s",
						 arm == 0                 ? ""
						 : arm < arms->treatments ? ", "
												  : " and ",
						 quote_literal_cstr(arms->name[arm]));
	return list.data;
}

Jsonb *
uplift_arms_jsonb(const UpliftArms *arms, const double *number)
{
	JsonbBuild build;

	jsonb_begin(&build);
	for (size_t k = 0; k < arms->treatments; k++)
		jsonb_put_float(&build, arms->name[1 + k], number[k]);
	return jsonb_end(&build);
}

size_t
uplift_best(const UpliftScore *score, size_t treatments)
{
	size_t best = 0;

	for (size_t k = 1; k < treatments; k++)
		if (score[k].uplift > score[best].uplift)
			best = k;
	return best;
}
