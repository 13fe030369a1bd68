#include "postgres.h"

#include "server/expression.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "server/errors.h"

/* What an expression is surrounded by while it is looked at or runs. */
typedef struct Surroundings
{
	const char *argument;
	const char *sql; /* that is parsed here; NULL: SPI does */
	ErrorContextCallback callback;
	int nest_level;
} Surroundings;

/* Says in which argument the SQL of an error stands; a position is one in that SQL, and not in the user's statement. */
static void
say_argument(void *arg)
{
	const Surroundings *surroundings = arg;
	const int position = geterrposition();

	if (surroundings->sql && position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(surroundings->sql);
	}
	if (geterrcode() == ERRCODE_UNDEFINED_FUNCTION || geterrcode() == ERRCODE_UNDEFINED_OBJECT)
		errhint(
			"Functions, operators and types that are not PostgreSQL's own are written with their schema.");
	errcontext("argument %s", surroundings->argument);
}

static void
enter(Surroundings *surroundings, const char *argument, const char *sql)
{
	surroundings->argument = argument;
	surroundings->sql = sql;
	surroundings->callback = (ErrorContextCallback){error_context_stack, say_argument, surroundings};
	error_context_stack = &surroundings->callback;
	surroundings->nest_level = NewGUCNestLevel();
	set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
					  0, false);
}

static void
leave(const Surroundings *surroundings)
{
	AtEOXact_GUC(true, surroundings->nest_level);
	error_context_stack = surroundings->callback.previous;
}

/* Whether the statements are SELECT with one column, and nothing else. */
static bool
is_one_column(const List *statements)
{
	if (list_length(statements) != 1)
		return false;

	const SelectStmt *select = (const SelectStmt *) linitial_node(RawStmt, statements)->stmt;

	return IsA(select, SelectStmt) && select->op == SETOP_NONE && list_length(select->targetList) == 1 &&
		   !select->distinctClause && !select->intoClause && !select->fromClause && !select->whereClause &&
		   !select->groupClause && !select->havingClause && !select->windowClause && !select->valuesLists &&
		   !select->sortClause && !select->limitOffset && !select->limitCount && !select->lockingClause &&
		   !select->withClause;
}

void
expression_check(const char *argument, const char *text)
{
	/* The line's end keeps a comment from reaching the parenthesis. */
	const char *sql = psprintf("SELECT (%s\n)", text);
	Surroundings surroundings;

	enter(&surroundings, argument, sql);

	const bool good = is_one_column(raw_parser(sql, RAW_PARSE_DEFAULT));

	leave(&surroundings);
	if (!good)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s is not one expression: %s", argument, text),
						errdetail("It is more than what can stand between SELECT and FROM."),
						errhint("Pass an aggregate of the columns of the source, such as count(*) = 0.")));
}

Oid
expression_type(const char *argument, const SourceScan *scan, int column)
{
	Surroundings surroundings;

	enter(&surroundings, argument, NULL);

	const Oid type = source_scan_type(scan, column);

	leave(&surroundings);
	return getBaseType(type);
}

uint64
expression_scan(const char *argument, const SourceScan *scan)
{
	Surroundings surroundings;

	enter(&surroundings, argument, NULL);

	const uint64 rows = source_scan(scan);

	leave(&surroundings);
	return rows;
}
