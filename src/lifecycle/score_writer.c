#include "postgres.h"

#include "lifecycle/score_writer.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "server/source.h"

/* Members can become the owner, and do what he may. */
static bool
may_become(Oid user, Oid owner)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(user, owner);
#else
	return is_member_of_role(user, owner);
#endif
}

static void
refuse(const char *name, const char *owner, const Model *model)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("table %s belongs to role \"%s\", and would run its code as you", name, owner),
			 errdetail("Triggers, rules and policies run with the rights of whoever writes. You are not a "
					   "member of that role, and it does not administer model \"%s\".",
					   model->name),
			 errhint("Pass a table of your own, or become a member of role \"%s\".", owner)));
}

/* Locks the table. */
static Oid
owner_of(Oid relation, const char *name)
{
	LockRelationOid(relation, RowExclusiveLock);

	const Oid owner = source_owner(relation);

	if (!OidIsValid(owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table %s was dropped meanwhile", name),
						errhint("Call usercls.refresh_scores() again.")));
	return owner;
}

static void
need_trust(Oid owner, const char *name, const Model *model)
{
	if (registry_right_of(owner, model->model_id, model->owner) != RIGHT_ADMIN)
		refuse(name, GetUserNameFromId(owner, false), model);
}

void
score_writer_check(Oid relation, const char *name, const Model *model)
{
	const Oid owner = owner_of(relation, name);

	if (owner != GetUserId())
		need_trust(owner, name, model);
}

void
score_writer_enter(ScoreWriter *before, Oid relation, const char *name, const Model *model)
{
	const Oid owner = owner_of(relation, name);

	GetUserIdAndSecContext(&before->user, &before->sec_context);
	if (owner == before->user)
		return;
	if (may_become(before->user, owner))
		SetUserIdAndSecContext(owner, before->sec_context | SECURITY_LOCAL_USERID_CHANGE |
										  SECURITY_RESTRICTED_OPERATION);
	else
		need_trust(owner, name, model);
}

void
score_writer_leave(const ScoreWriter *before)
{
	SetUserIdAndSecContext(before->user, before->sec_context);
}
