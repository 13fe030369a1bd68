-- How good a model is, on users it has not learned from. See docs/metrics.md.
--
-- All functions begin alike. source null: the users that the training held out of the model's own tables, found again
-- by the seed; otherwise every user of another table or view with the same columns. as_of null: as trained, in another
-- source the latest possible. version null: the promoted one.

CREATE FUNCTION usercls.evaluate(
	model text,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	replicates int DEFAULT 200,
	seed bigint DEFAULT 42,
	OUT metric text,
	OUT value float8,
	OUT ci_low float8,
	OUT ci_high float8,
	OUT baseline float8,
	OUT n bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_evaluate'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10 COST 1000000;
COMMENT ON FUNCTION usercls.evaluate(text, regclass, regclass, timestamptz, int, int, bigint)
IS 'metrics of a model on users it has not learned from, with 95 % intervals by bootstrap and what a rule without a model reaches';

CREATE FUNCTION usercls.predictions(
	model text,
	version int DEFAULT NULL,
	held_out boolean DEFAULT true,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	OUT user_id bigint,
	OUT cutoff timestamptz,
	OUT held_out boolean,
	OUT actual text,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT outcome float8,
	OUT treated boolean,
	OUT uplift float8,
	OUT arm text,
	OUT uplifts jsonb
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_predictions'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10000 COST 1000000;
COMMENT ON FUNCTION usercls.predictions(text, int, boolean, regclass, regclass, timestamptz)
IS 'what evaluate() measures, user by user: what a version answers (label, probability, probabilities in the order of its classes; uplift) and what was true (actual, and outcome where it is a number; treated, arm and outcome of an experiment, where uplift is the highest of uplifts, that by each treatment); held_out false: users of the model''s own tables that it learned from, too';

CREATE FUNCTION usercls.predictions(
	model text,
	id anyelement,
	version int DEFAULT NULL,
	held_out boolean DEFAULT true,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	OUT user_id anyelement,
	OUT cutoff timestamptz,
	OUT held_out boolean,
	OUT actual text,
	OUT label text,
	OUT probability float8,
	OUT probabilities float8[],
	OUT outcome float8,
	OUT treated boolean,
	OUT uplift float8,
	OUT arm text,
	OUT uplifts jsonb
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_predictions_by_id'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10000 COST 1000000;
COMMENT ON FUNCTION usercls.predictions(text, anyelement, int, boolean, regclass, regclass, timestamptz)
IS 'the same for user ids of another type than bigint: predictions(''churn'', NULL::uuid), with id before all other arguments; NULL::text takes ids of any type';

CREATE FUNCTION usercls.compare(
	model text,
	a int,
	b int DEFAULT NULL,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	replicates int DEFAULT 200,
	seed bigint DEFAULT 42,
	OUT metric text,
	OUT a float8,
	OUT b float8,
	OUT difference float8,
	OUT ci_low float8,
	OUT ci_high float8,
	OUT n bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_compare'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10 COST 1000000;
COMMENT ON FUNCTION usercls.compare(text, int, int, regclass, regclass, timestamptz, int, bigint)
IS 'metrics of two versions of a model on the same users, none of whom either has learned from, with b - a and its 95 % interval by bootstrap (b null: the promoted version); versions that read up to different moments are compared at the later one';

CREATE FUNCTION usercls.confusion_matrix(
	model text,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	class text DEFAULT NULL,
	threshold float8 DEFAULT NULL,
	OUT actual text,
	OUT predicted text,
	OUT n bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_confusion_matrix'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 9 COST 1000000;
COMMENT ON FUNCTION usercls.confusion_matrix(text, regclass, timestamptz, int, text, float8)
IS 'users of each class by the class that a sequence model gives them; with class and threshold those of that class and all others, by whether their probability of it is at least the threshold';

CREATE FUNCTION usercls.thresholds(
	model text,
	class text,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	points int DEFAULT 100,
	OUT threshold float8,
	OUT users bigint,
	OUT "precision" float8,
	OUT recall float8,
	OUT false_positive_rate float8,
	OUT lift float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_thresholds'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 100 COST 1000000;
COMMENT ON FUNCTION usercls.thresholds(text, text, regclass, timestamptz, int, int)
IS 'what each threshold on the probability of a class marks (users with at least that probability), from the highest down; points: about so many rows, in equal steps of users; null: a row for each distinct probability';

CREATE FUNCTION usercls.threshold(
	model text,
	class text,
	min_precision float8 DEFAULT NULL,
	min_recall float8 DEFAULT NULL,
	users bigint DEFAULT NULL,
	value float8 DEFAULT NULL,
	cost float8 DEFAULT NULL,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	replicates int DEFAULT 200,
	seed bigint DEFAULT 42,
	OUT threshold float8,
	OUT ci_low float8,
	OUT ci_high float8,
	OUT marked bigint,
	OUT "precision" float8,
	OUT recall float8
)
AS 'MODULE_PATHNAME', 'usercls_threshold'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION usercls.threshold(text, text, float8, float8, bigint, float8, float8, regclass, timestamptz, int, int, bigint)
IS 'the threshold on the probability of a class that reaches one goal on users the model has not learned from, with a 95 % interval, and what it marks of them: min_precision: the lowest with that precision; min_recall: the highest with that recall; users: the highest that marks so many of all users; value and cost: the one that earns most when each marked user costs cost and each of the class brings value; null: none does';

CREATE FUNCTION usercls.roc_curve(
	model text,
	class text,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	points int DEFAULT 100,
	OUT threshold float8,
	OUT false_positive_rate float8,
	OUT true_positive_rate float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_roc_curve'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 101 COST 1000000;
COMMENT ON FUNCTION usercls.roc_curve(text, text, regclass, timestamptz, int, int)
IS 'the ROC curve of a class against all others, from nobody marked (threshold null) to everybody; points as in thresholds()';

CREATE FUNCTION usercls.lift_curve(
	model text,
	class text,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	points int DEFAULT 100,
	OUT share float8,
	OUT users bigint,
	OUT captured float8,
	OUT lift float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_lift_curve'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 101 COST 1000000;
COMMENT ON FUNCTION usercls.lift_curve(text, text, regclass, timestamptz, int, int)
IS 'of the users with the highest probability of a class, by their share: captured, the part of the class that is among them, and lift, how many times as frequent it is there as among all; points as in thresholds()';

CREATE FUNCTION usercls.calibration(
	model text,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	by_class boolean DEFAULT false,
	OUT bin int,
	OUT lower float8,
	OUT upper float8,
	OUT n bigint,
	OUT predicted float8,
	OUT observed float8,
	OUT standard_error float8,
	OUT class text,
	OUT arm text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_calibration'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10 COST 1000000;
COMMENT ON FUNCTION usercls.calibration(text, regclass, regclass, timestamptz, int, boolean)
IS 'predicted against observed: confidence and accuracy of a sequence model, uplift and effect of an uplift model, by bins of the prediction, for each treatment (arm); by_class: the probability of each class and how often it is the true one';

CREATE FUNCTION usercls.qini_curve(
	model text,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	version int DEFAULT NULL,
	points int DEFAULT 100,
	OUT share float8,
	OUT users bigint,
	OUT incremental float8,
	OUT random float8,
	OUT arm text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_qini_curve'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 101 COST 1000000;
COMMENT ON FUNCTION usercls.qini_curve(text, regclass, regclass, int, int)
IS 'incremental outcome when the users with the highest uplift are treated, by their share, and what random targeting gives; of several treatments one curve for each, on its users and those of the control';

CREATE FUNCTION usercls.uplift_by_decile(
	model text,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	version int DEFAULT NULL,
	groups int DEFAULT 10,
	OUT decile int,
	OUT users bigint,
	OUT treated bigint,
	OUT predicted float8,
	OUT lowest float8,
	OUT highest float8,
	OUT outcome_treated float8,
	OUT outcome_untreated float8,
	OUT effect float8,
	OUT standard_error float8,
	OUT agrees boolean,
	OUT arm text
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_uplift_by_decile'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10 COST 1000000;
COMMENT ON FUNCTION usercls.uplift_by_decile(text, regclass, regclass, int, int)
IS 'predicted uplift against the effect that the experiment measured, by groups of users from the highest prediction down; agrees: within 1.96 standard errors; arm: the treatment, compared with the control';

CREATE FUNCTION usercls.policy_value(
	model text,
	value "any" DEFAULT NULL,
	cost "any" DEFAULT NULL,
	budget float8 DEFAULT NULL,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	version int DEFAULT NULL,
	OUT policy text,
	OUT arm text,
	OUT treated float8,
	OUT worth float8,
	OUT worth_low float8,
	OUT worth_high float8,
	OUT gain float8,
	OUT gain_low float8,
	OUT gain_high float8,
	OUT users bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_policy_value'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 6 COST 1000000;
COMMENT ON FUNCTION usercls.policy_value(text, "any", "any", float8, regclass, regclass, int)
IS 'what the decision of target_users() is worth on users that the training held out, by the inverse of the chances of the arms that they were in, beside the best single arm, everybody, as many at random, and nobody: treated: share of the users; worth: value of the outcomes less cost, a user, over treating nobody; gain: how much more the model is worth; each with a 95 % interval';

CREATE FUNCTION usercls.spillover(
	model text,
	exposure text DEFAULT 'share',
	cluster_column name DEFAULT NULL,
	source regclass DEFAULT NULL,
	edges regclass DEFAULT NULL,
	version int DEFAULT NULL,
	OUT effect text,
	OUT arm text,
	OUT among text,
	OUT estimate float8,
	OUT standard_error float8,
	OUT low float8,
	OUT high float8,
	OUT users bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_spillover'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 3 COST 1000000;
COMMENT ON FUNCTION usercls.spillover(text, text, name, regclass, regclass, int)
IS 'what the treatment does to the users who get it (own) and to those who listen to them (spillover: when all friends are treated in place of none, or of one friend more with exposure => ''number''), by the draws of the experiment, with 95 % intervals that hold however alike friends are; among: users of the experiment, or others of whom an outcome is known; users with an equal cluster_column were drawn together';

CREATE FUNCTION usercls.drift(
	model text,
	source regclass DEFAULT NULL,
	as_of timestamptz DEFAULT NULL,
	version int DEFAULT NULL,
	OUT feature text,
	OUT psi float8,
	OUT missing_then float8,
	OUT missing_now float8,
	OUT mean_then float8,
	OUT mean_now float8,
	OUT n_then bigint,
	OUT n_now bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_drift'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 10 COST 1000000;
COMMENT ON FUNCTION usercls.drift(text, regclass, timestamptz, int)
IS 'how far each feature has moved since the training: population stability index over ten bins of the values then, and one for missing';

CREATE FUNCTION usercls.explain(
	model text,
	seq float8[],
	class text DEFAULT NULL,
	OUT step int,
	OUT feature text,
	OUT value float8,
	OUT contribution float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_explain'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE ROWS 100 COST 1000000;
COMMENT ON FUNCTION usercls.explain(text, float8[], text)
IS 'what each value of a sequence adds to the probability of a class (null: the most likely one): the change when it is taken as missing';

CREATE FUNCTION usercls.explain(
	model text,
	seq float8[],
	class text,
	attributes record,
	OUT step int,
	OUT feature text,
	OUT value float8,
	OUT contribution float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_explain'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE ROWS 100 COST 1000000;
COMMENT ON FUNCTION usercls.explain(text, float8[], text, record)
IS 'the same for a model that reads attributes, from a row that has them (null: nothing is known), each of which is a row with step null';

CREATE FUNCTION usercls.explain_user(
	model text,
	user_id anyelement,
	class text DEFAULT NULL,
	top int DEFAULT 5,
	as_of timestamptz DEFAULT NULL,
	OUT feature text,
	OUT period_start timestamptz,
	OUT value float8,
	OUT typical float8,
	OUT contribution float8,
	OUT reason text,
	OUT label text,
	OUT score float8,
	OUT typical_score float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_explain_user'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 5 COST 1000000;
COMMENT ON FUNCTION usercls.explain_user(text, anyelement, text, int, timestamptz)
IS 'why a user of the model''s own table has the probability that classify_users() gives him of a class (null: the one that he gets): the top reasons (null: all), each a feature in a stretch of periods or an attribute, with what is typical, and a contribution; those of all reasons add up to score - typical_score, the probabilities of the user and of the typical one';

CREATE FUNCTION usercls.importance(
	model text,
	version int DEFAULT NULL,
	users int DEFAULT 5000,
	replicates int DEFAULT 200,
	seed bigint DEFAULT 42,
	OUT feature text,
	OUT metric text,
	OUT importance float8,
	OUT ci_low float8,
	OUT ci_high float8,
	OUT n bigint
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_importance'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED ROWS 20 COST 1000000;
COMMENT ON FUNCTION usercls.importance(text, int, int, int, bigint)
IS 'how much worse a model is on users that it has not learned from, at most so many of them, when a feature or attribute is shuffled among them: by log-loss and AUC (a number: mean absolute error, uplift: Qini), with 95 % intervals by bootstrap';

CREATE FUNCTION usercls.explain_uplift(
	model text,
	user_id anyelement,
	top int DEFAULT 5,
	OUT feature text,
	OUT friend text,
	OUT attention float8,
	OUT value float8,
	OUT typical float8,
	OUT contribution float8,
	OUT reason text,
	OUT uplift float8,
	OUT typical_uplift float8
) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'usercls_explain_uplift'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL SAFE ROWS 5 COST 1000000;
COMMENT ON FUNCTION usercls.explain_uplift(text, anyelement, int)
IS 'why a user has the uplift that uplift() says: the top reasons (null: all), each a feature of his, a friend with the share of the attention that he gets, all other friends, or theirs; contributions of all reasons add up to uplift - typical_uplift, that of a typical user among as many typical friends';
