-- Uplift on the graph of users: train, score, target.

CREATE FUNCTION usercls.train_uplift(
	model text,
	users regclass,
	edges regclass,
	user_column name DEFAULT 'user_id',
	treatment_column name DEFAULT 'treated',
	outcome_column name DEFAULT 'outcome',
	features name[] DEFAULT NULL,
	source_column name DEFAULT 'src',
	target_column name DEFAULT 'dst',
	weight_column name DEFAULT NULL,
	directed boolean DEFAULT false,
	propensity_column name DEFAULT NULL,
	validation jsonb DEFAULT '{"method":"user","share":0.2}',
	hyperparams jsonb DEFAULT '{}',
	seed bigint DEFAULT 42,
	warm_start int DEFAULT NULL,
	promote text DEFAULT 'if_better',
	dry_run boolean DEFAULT false,
	comment text DEFAULT NULL,
	control text DEFAULT NULL,
	behaviour text DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	relation_column name DEFAULT NULL
) RETURNS usercls.train_result
AS 'MODULE_PATHNAME', 'usercls_train_uplift'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION usercls.train_uplift(text, regclass, regclass, name, name, name, name[], name, name, name, boolean, name, jsonb, jsonb, bigint, int, text, boolean, text, text, text, timestamptz, name)
IS 'train an uplift model on an experiment among users who form a graph (edges null: who do not), and store it as a version; control: the value of treatment_column for who was not treated, where every other value is an arm of its own (null: the column says yes or no); behaviour: a sequence model, whose promoted version reads the users too, here and at every door that scores, of users of the experiment rows before as_of, when nobody was treated yet; relation_column: a column of the edges that names the kind of each, 16 at most, which the model tells apart (null: they are all alike)';

CREATE FUNCTION usercls.uplift(
	model text,
	user_id anyelement,
	value "any" DEFAULT NULL,
	cost "any" DEFAULT NULL,
	OUT p_first float8,
	OUT p_second float8,
	OUT uplift float8,
	OUT segment text,
	OUT version int,
	OUT best_arm text,
	OUT arm text,
	OUT uplifts jsonb,
	OUT uplift_sd float8,
	OUT uplift_sds jsonb
)
AS 'MODULE_PATHNAME', 'usercls_uplift'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION usercls.uplift(text, anyelement, "any", "any")
IS 'uplift of one user, read from its neighbourhood by index lookups; value and cost, and the arms, are as in target_users()';

CREATE FUNCTION usercls.target_users(
	model text,
	value "any" DEFAULT NULL,
	cost "any" DEFAULT NULL,
	budget float8 DEFAULT NULL
) RETURNS TABLE (
	user_id bigint,
	p_first float8,
	p_second float8,
	uplift float8,
	segment text,
	rank bigint,
	targeted boolean,
	best_arm text,
	arm text,
	uplifts jsonb,
	uplift_sd float8,
	uplift_sds jsonb
)
AS 'MODULE_PATHNAME', 'usercls_target_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.target_users(text, "any", "any", float8)
IS 'uplift of every user of the model''s graph, best first; targeted: uplift × value is above cost (without both: uplift is above the average effect), within the budget (without a cost: a number of users); segment: persuadable is who is targeted; otherwise sleeping_dog: treating does harm (uplift below 0), sure_thing: responds untreated with a probability of 0.5 or more, lost_cause: with less; value and cost: a number, or of several treatments a jsonb object with one for each; best_arm: the treatment with the highest uplift, which uplift and p_first are of; arm: the one to give; uplifts: the uplift by each; uplift_sd and uplift_sds: how far the networks of an ensemble differ in these, as a standard deviation (null: there is one network)';

CREATE FUNCTION usercls.target_users(
	model text,
	value "any",
	cost "any",
	budget float8,
	id anyelement
) RETURNS TABLE (
	user_id anyelement,
	p_first float8,
	p_second float8,
	uplift float8,
	segment text,
	rank bigint,
	targeted boolean,
	best_arm text,
	arm text,
	uplifts jsonb,
	uplift_sd float8,
	uplift_sds jsonb
)
AS 'MODULE_PATHNAME', 'usercls_target_users'
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000 COST 1000000;
COMMENT ON FUNCTION usercls.target_users(text, "any", "any", float8, anyelement)
IS 'the same for user ids of the type of id, whose value does not matter: pass NULL::text, NULL::uuid, … after the others (in another order PostgreSQL mistakes the type of user_id)';

-- The same network as plain SQL, with the weights by value: see docs/uplift.md.

CREATE FUNCTION usercls.gnn_input(weights bytea, features float8[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_gnn_input'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls.gnn_input(bytea, float8[])
IS 'state of a user before the first layer, from its features, those of an array one after the other (NULL is not known)';

CREATE FUNCTION usercls_private.attend_accum(state real[], weights bytea, layer int, self real[], neighbour real[], edge_weight float8)
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls__attend_accum'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls_private.attend_accum(real[], bytea, int, real[], real[], float8)
IS 'adds a neighbour to the state of usercls.attend';

CREATE FUNCTION usercls_private.attend_accum(state real[], weights bytea, layer int, self real[], neighbour real[], edge_weight float8, relation text)
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls__attend_accum'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls_private.attend_accum(real[], bytea, int, real[], real[], float8, text)
IS 'adds a neighbour of a relation to the state of usercls.attend';

CREATE FUNCTION usercls_private.attend_combine(real[], real[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls__attend_combine'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.attend_combine(real[], real[])
IS 'merges two states of usercls.attend';

CREATE FUNCTION usercls_private.attend_final(real[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls__attend_final'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION usercls_private.attend_final(real[])
IS 'ends usercls.attend';

CREATE AGGREGATE usercls.attend(weights bytea, layer int, self real[], neighbour real[], edge_weight float8) (
	SFUNC = usercls_private.attend_accum, STYPE = real[], SSPACE = 1024,
	FINALFUNC = usercls_private.attend_final, COMBINEFUNC = usercls_private.attend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.attend(bytea, int, real[], real[], float8)
IS 'what a user hears from its neighbours in a layer (0 is the first), each of them one row; rows without a neighbour are left out';

CREATE AGGREGATE usercls.attend(weights bytea, layer int, self real[], neighbour real[], edge_weight float8, relation text) (
	SFUNC = usercls_private.attend_accum, STYPE = real[], SSPACE = 1024,
	FINALFUNC = usercls_private.attend_final, COMBINEFUNC = usercls_private.attend_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.attend(bytea, int, real[], real[], float8, text)
IS 'the same for a model with relation_column: each neighbour is one row for each relation; rows of a relation that the model does not know are left out';

CREATE FUNCTION usercls.gnn_layer(weights bytea, layer int, self real[], attended real[])
RETURNS real[]
AS 'MODULE_PATHNAME', 'usercls_gnn_layer'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls.gnn_layer(bytea, int, real[], real[])
IS 'state of a user after a layer, from its state before and what attend gave (NULL: nobody to listen to)';

CREATE FUNCTION usercls.gnn_heads(
	weights bytea,
	hidden real[],
	value "any" DEFAULT NULL,
	cost "any" DEFAULT NULL,
	OUT p_first float8,
	OUT p_second float8,
	OUT uplift float8,
	OUT segment text,
	OUT best_arm text,
	OUT arm text,
	OUT uplifts jsonb,
	OUT uplift_sd float8,
	OUT uplift_sds jsonb
)
AS 'MODULE_PATHNAME', 'usercls_gnn_heads'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION usercls.gnn_heads(bytea, real[], "any", "any")
IS 'uplift of a user from its state after the last layer; value and cost, and the arms, are as in target_users()';
