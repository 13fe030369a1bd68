#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

#include "server/errors.h"

#include "model/params.h"

/* varstr_levenshtein refuses longer ones. */
#define NAME_COMPARED_MAX 255

/* A detail names no more columns than a reader takes in. */
#define COLUMNS_LISTED_MAX 30

const char *
nearest_name(const char *name, const char *const *names, int n)
{
	const int length = (int) strlen(name);
	const char *nearest = NULL;
	int best = Min(3, (length + 2) / 3) + 1;

	if (length == 0 || length > NAME_COMPARED_MAX)
		return NULL;
	for (int i = 0; i < n; i++)
	{
		const size_t other = strlen(names[i]);

		if (other > NAME_COMPARED_MAX)
			continue;

		const int distance =
			varstr_levenshtein_less_equal(name, length, names[i], (int) other, 1, 1, 1, best - 1, false);

		if (distance < best)
		{
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

int
errhint_nearest(const char *nearest, const char *otherwise)
{
	if (nearest != NULL)
		return errhint("Perhaps you meant \"%s\".", nearest);
	return otherwise != NULL ? errhint("%s", otherwise) : 0;
}

/* ---- what the layers below answer ---- */

/* The facts of a status as a detail. */
static char *
status_detail(Status status)
{
	switch (status.code)
	{
		case STATUS_DAMAGED:
			return psprintf("Expected %s at byte offset %zu.", status.what, status.where);
		case STATUS_MISSING_TENSOR:
			return psprintf("Tensor \"%s\" is missing.", status.what);
		case STATUS_EXTRA_TENSOR:
			return psprintf("Tensor \"%s\" at byte offset %zu is not part of this architecture.", status.what,
							status.where);
		case STATUS_WRONG_SHAPE:
			return psprintf("Tensor \"%s\" at byte offset %zu has another shape than the architecture.",
							status.what, status.where);
		case STATUS_NOT_FINITE:
			return psprintf("Element %zu of tensor \"%s\" is NaN or infinite.", status.where, status.what);
		case STATUS_UNKNOWN_OPTION:
			return psprintf("There is no option \"%s\".", status.what);
		case STATUS_BAD_VALUE:
			return psprintf("Option \"%s\" cannot take this value.", status.what);
		case STATUS_SUCCESS:
			break;
	}
	pg_unreachable();
}

void
report_status(Status status)
{
	if (status.code == STATUS_SUCCESS)
		return;
	if (status.code == STATUS_UNKNOWN_OPTION || status.code == STATUS_BAD_VALUE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid option \"%s\"", status.what),
				 errdetail_internal("%s", status_detail(status)),
				 errhint("usercls.hyperparameters() lists the options with their ranges.")));
	report_weights(status, NULL, 0);
}

void
report_ensemble(Status status)
{
	if (status.code != STATUS_SUCCESS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the ensemble has too many tensors"),
				 errdetail("A model has %d at most.", PARAM_COUNT_MAX),
				 errhint("Use fewer networks, or networks of fewer layers, attributes or relations.")));
}

void
report_weights(Status status, const char *model, int32 version)
{
	if (status.code == STATUS_SUCCESS)
		return;
	if (model == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("weights are damaged"),
						errdetail_internal("%s", status_detail(status)),
						errhint("Pass a whole safetensors file, such as usercls.export_model() returns.")));
	ereport(
		ERROR,
		(errcode(ERRCODE_DATA_CORRUPTED),
		 errmsg("weights of model \"%s\" version %d are damaged", model, version),
		 errdetail_internal("%s", status_detail(status)),
		 errhint(
			 "Roll back to another version with usercls.rollback(), or restore this one from a backup.")));
}

/* ---- data ---- */

void
error_unknown_column(Oid relation, const char *column)
{
	Relation rel = relation_open(relation, AccessShareLock);
	const TupleDesc desc = RelationGetDescr(rel);
	const char **names = palloc(sizeof(char *) * (desc->natts + 1));
	int n = 0;
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			names[n++] = pstrdup(NameStr(TupleDescAttr(desc, i)->attname));
	relation_close(rel, AccessShareLock);
	for (int i = 0; i < Min(n, COLUMNS_LISTED_MAX); i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", names[i]);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("column \"%s\" of relation \"%s\" does not exist", column, get_rel_name(relation)),
					n > COLUMNS_LISTED_MAX ? errdetail("It has %d columns, among them %s.", n, list.data)
										   : errdetail("Its columns are %s.", list.data),
					errhint_nearest(nearest_name(column, names, n),
									"Name the column in the arguments of the call.")));
}

void
error_not_numeric(Oid relation, const char *column, Oid type)
{
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column \"%s\" of relation \"%s\" is not numeric", column, get_rel_name(relation)),
					errdetail("Its type is %s.", format_type_be(type)),
					errhint("Cast the column to a number in a view, and pass the view.")));
}

void
error_null_id(const char *where, const char *column)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("user id is null"),
					errdetail("Column \"%s\" of %s has a row without a value.", column, where),
					errhint("Filter such rows out in a view, and pass the view.")));
}

void
error_duplicate_id(const char *where, const char *column, const char *id)
{
	ereport(ERROR, (errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("user id %s is there twice", id),
					errdetail("Column \"%s\" of %s must have one row for each user.", column, where),
					errhint("Group the rows by user in a view, and pass the view.")));
}

void
error_not_finite(const char *where, const char *column, double value, const char *id)
{
	const char *text = isnan(value)   ? "NaN"
					   : isinf(value) ? (value > 0 ? "Infinity" : "-Infinity")
									  : psprintf("%g, which does not fit real", value);

	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("column \"%s\" of %s holds %s", column, where, text),
					id != NULL ? errdetail("The value belongs to user %s.", id) : 0,
					errhint("Replace such values by NULL, which means \"not known\".")));
}

void
error_no_rows(const char *where, const char *detail, const char *hint)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("%s has no rows to read", where),
					errdetail_internal("%s", detail), errhint("%s", hint)));
}

void
error_one_class(const char *where, const char *label, int64 users)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("all users of %s have the same label", where),
					errdetail("All " INT64_FORMAT " users have the label \"%s\".", users, label),
					errhint("A model needs users of at least two classes to learn from.")));
}

/* ---- arguments ---- */

void
error_null_argument(const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name),
					errhint("Pass a value; an argument that is left out takes its default, if it has one.")));
}

void
error_unknown_option(const char *argument, const char *name, const char *const *names, int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
		appendStringInfo(&list, "%s%s", i > 0 ? ", " : "", names[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown key \"%s\" in %s", name, argument),
			 errdetail("Known keys are %s.", list.data),
			 errhint_nearest(nearest_name(name, names, n), NULL)));
}

void
error_out_of_range(const char *name, const char *value, const char *range)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid value for %s", name),
					errdetail("The value is %s; allowed is %s.", value[0] ? value : "empty", range),
					errhint("Pass %s.", range)));
}

/* ---- models ---- */

void
error_unknown_model(const char *name, const char *nearest)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" does not exist", name),
					errdetail("No model that you may use has this name."),
					errhint_nearest(nearest, "The view usercls.models lists the models that you may use.")));
}

void
error_unknown_version(const char *model, int32 version, int32 newest)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("model \"%s\" has no version %d", model, version),
		 newest > 0 ? errdetail("Its newest version is %d.", newest) : errdetail("It has no version yet."),
		 errhint("The view usercls.versions lists the versions.")));
}

void
error_not_promoted(const char *model, int32 newest)
{
	if (newest == 0)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("model \"%s\" has no promoted version", model),
						errdetail("It has no version yet."), errhint("Train it first.")));
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("model \"%s\" has no promoted version", model),
					errdetail("Its newest version is %d.", newest),
					errhint("Call usercls.promote(%s, %d).", quote_literal_cstr(model), newest)));
}

void
error_model_right(const char *model, const char *right)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for model \"%s\"", model),
			 errdetail("This takes the right \"%s\".", right),
			 errhint("The owner of the model grants it with usercls.grant_model().")));
}

void
error_outside_aggregate(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("function is for use in an aggregate only"),
			 errhint("\\da usercls.* lists the aggregates.")));
}

void
error_score_overflow(void)
{
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("the model gives a score that is not finite"),
					errdetail("Its weights are so large that the network overflows."),
					errhint("Train the model with a smaller learning_rate, or roll it back.")));
}

/* ---- memory ---- */

void
error_memory(const char *what, size_t bytes, size_t limit)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED), errmsg("%s takes more memory than is allowed", what),
		 errdetail("It takes %zu kB; the limit is %zu kB.", bytes / 1024 + (bytes % 1024 != 0), limit / 1024),
		 errhint("Raise usercls.max_memory, or make the job smaller.")));
}
