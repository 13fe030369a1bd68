/*
 * The relations of a graph: how the kinds of edges are called, and of which one an edge is.
 *
 * They are the values that the column of the edges had at training, in their order. An edge of another one, or of none
 * (NULL), is left out, in training and in scoring alike, and a notice says so.
 */
#ifndef USERCLS_UPLIFT_RELATIONS_H
#define USERCLS_UPLIFT_RELATIONS_H

#include "server/source.h"
#include "uplift/request.h"

typedef struct UpliftRelations
{
	size_t n;          /* 0: edges are all alike */
	const char **name; /* n */
} UpliftRelations;

/* The relation of an edge that is of none of them. */
#define RELATION_NONE UINT8_MAX

/* Edges that are left out for their relation; of one that is not NULL the name. */
typedef struct RelationsLeftOut
{
	size_t edges;
	char *name; /* in this context: */
	MemoryContext context;
} RelationsLeftOut;

/* For training: the values that the column has today. An error when there are too many, or none. */
extern const UpliftRelations *uplift_relations_find(const UpliftRequest *request);

/* Edges are all alike. */
extern const UpliftRelations *uplift_relations_none(void);

/* In the current memory context. */
extern const UpliftRelations *uplift_relations_copy(const UpliftRelations *from);

extern bool uplift_relations_same(const UpliftRelations *a, const UpliftRelations *b);

/* The column as a text in a SELECT list; an error where its type names no relations. */
extern SourceColumn uplift_relation_column(const UpliftRequest *request);
extern const char *uplift_relation_expression(SourceColumn column);

/* The number of an edge's relation, from its value as a text; counts it when it is none of them. */
extern uint8_t uplift_relation_of(RelationsLeftOut *left_out, const UpliftRelations *relations, Datum value,
								  bool isnull);

/* The number of a name; RELATION_NONE: it is none of them. */
extern uint8_t uplift_relation_named(const UpliftRelations *relations, const char *name, size_t length);

/* A notice, unless no edge was left out; whether there was one. */
extern bool uplift_relations_notice(const RelationsLeftOut *left_out, const UpliftRequest *request,
									const UpliftRelations *relations);

/* 'colleague' and 'friend', for messages. */
extern const char *uplift_relations_text(const UpliftRelations *relations);

#endif
