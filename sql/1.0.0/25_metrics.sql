-- Made by scripts/metrics-sql. Metrics as aggregates over any query. Rows with a NULL in them are left out; a metric that is
-- not defined (one class only, nobody treated, nobody untreated) is NULL. See docs/metrics.md.

CREATE FUNCTION usercls_private.auc_combine(bytea, bytea)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auc_combine';
COMMENT ON FUNCTION usercls_private.auc_combine(bytea, bytea) IS 'merges two states of usercls.auc or average_precision';

CREATE FUNCTION usercls_private.auc_final(bytea)
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auc_final';
COMMENT ON FUNCTION usercls_private.auc_final(bytea) IS 'ends usercls.auc';

CREATE FUNCTION usercls_private.average_precision_final(bytea)
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__average_precision_final';
COMMENT ON FUNCTION usercls_private.average_precision_final(bytea) IS 'ends usercls.average_precision';

CREATE FUNCTION usercls_private.auc_accum(bytea, score float8, label boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auc_accum';
COMMENT ON FUNCTION usercls_private.auc_accum(bytea, score float8, label boolean) IS 'adds a row to the state of usercls.auc';

CREATE AGGREGATE usercls.auc(score float8, label boolean) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auc_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auc(score float8, label boolean) IS 'area under the ROC curve: probability that a row labelled 1 (true) scores above one labelled 0, ties counting half';

CREATE AGGREGATE usercls.average_precision(score float8, label boolean) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.average_precision_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.average_precision(score float8, label boolean) IS 'mean over the rows labelled 1 (true) of the precision among the rows that score as high or higher';

CREATE FUNCTION usercls_private.auc_accum(bytea, score float8, label float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auc_accum';
COMMENT ON FUNCTION usercls_private.auc_accum(bytea, score float8, label float8) IS 'adds a row to the state of usercls.auc';

CREATE AGGREGATE usercls.auc(score float8, label float8) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auc_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auc(score float8, label float8) IS 'area under the ROC curve: probability that a row labelled 1 (true) scores above one labelled 0, ties counting half';

CREATE AGGREGATE usercls.average_precision(score float8, label float8) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.average_precision_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.average_precision(score float8, label float8) IS 'mean over the rows labelled 1 (true) of the precision among the rows that score as high or higher';

CREATE FUNCTION usercls_private.auc_accum(bytea, score float8, label anyelement)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auc_accum';
COMMENT ON FUNCTION usercls_private.auc_accum(bytea, score float8, label anyelement) IS 'adds a row to the state of usercls.auc';

CREATE AGGREGATE usercls.auc(score float8, label anyelement) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auc_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auc(score float8, label anyelement) IS 'area under the ROC curve: probability that a row labelled 1 (true) scores above one labelled 0, ties counting half';

CREATE AGGREGATE usercls.average_precision(score float8, label anyelement) (
    SFUNC = usercls_private.auc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.average_precision_final, COMBINEFUNC = usercls_private.auc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.average_precision(score float8, label anyelement) IS 'mean over the rows labelled 1 (true) of the precision among the rows that score as high or higher';

CREATE FUNCTION usercls_private.log_loss_combine(float8[], float8[])
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__log_loss_combine';
COMMENT ON FUNCTION usercls_private.log_loss_combine(float8[], float8[]) IS 'merges two states of usercls.log_loss or brier';

CREATE FUNCTION usercls_private.log_loss_final(float8[])
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__log_loss_final';
COMMENT ON FUNCTION usercls_private.log_loss_final(float8[]) IS 'ends usercls.log_loss or brier';

CREATE FUNCTION usercls_private.expected_calibration_error_combine(float8[], float8[])
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__expected_calibration_error_combine';
COMMENT ON FUNCTION usercls_private.expected_calibration_error_combine(float8[], float8[]) IS 'merges two states of usercls.expected_calibration_error';

CREATE FUNCTION usercls_private.expected_calibration_error_final(float8[])
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__expected_calibration_error_final';
COMMENT ON FUNCTION usercls_private.expected_calibration_error_final(float8[]) IS 'ends usercls.expected_calibration_error';

CREATE FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label boolean)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__log_loss_accum';
COMMENT ON FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label boolean) IS 'adds a row to the state of usercls.log_loss';

CREATE FUNCTION usercls_private.brier_accum(float8[], probability float8, label boolean)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__brier_accum';
COMMENT ON FUNCTION usercls_private.brier_accum(float8[], probability float8, label boolean) IS 'adds a row to the state of usercls.brier';

CREATE FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label boolean)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__expected_calibration_error_accum';
COMMENT ON FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label boolean) IS 'adds a row to the state of usercls.expected_calibration_error';

CREATE AGGREGATE usercls.log_loss(probability float8, label boolean) (
    SFUNC = usercls_private.log_loss_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.log_loss(probability float8, label boolean) IS 'mean of -ln of the probability that was given to the label (1 or true, 0 or false) that occurred';

CREATE AGGREGATE usercls.brier(probability float8, label boolean) (
    SFUNC = usercls_private.brier_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.brier(probability float8, label boolean) IS 'mean squared difference of the probability and the label (1 or true, 0 or false)';

CREATE AGGREGATE usercls.expected_calibration_error(probability float8, label boolean) (
    SFUNC = usercls_private.expected_calibration_error_accum, STYPE = float8[], INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
    FINALFUNC = usercls_private.expected_calibration_error_final, COMBINEFUNC = usercls_private.expected_calibration_error_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.expected_calibration_error(probability float8, label boolean) IS 'mean of |share labelled 1 - mean probability| over 15 bins of equal width, by the rows in them';

CREATE FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label float8)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__log_loss_accum';
COMMENT ON FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label float8) IS 'adds a row to the state of usercls.log_loss';

CREATE FUNCTION usercls_private.brier_accum(float8[], probability float8, label float8)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__brier_accum';
COMMENT ON FUNCTION usercls_private.brier_accum(float8[], probability float8, label float8) IS 'adds a row to the state of usercls.brier';

CREATE FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label float8)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__expected_calibration_error_accum';
COMMENT ON FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label float8) IS 'adds a row to the state of usercls.expected_calibration_error';

CREATE AGGREGATE usercls.log_loss(probability float8, label float8) (
    SFUNC = usercls_private.log_loss_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.log_loss(probability float8, label float8) IS 'mean of -ln of the probability that was given to the label (1 or true, 0 or false) that occurred';

CREATE AGGREGATE usercls.brier(probability float8, label float8) (
    SFUNC = usercls_private.brier_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.brier(probability float8, label float8) IS 'mean squared difference of the probability and the label (1 or true, 0 or false)';

CREATE AGGREGATE usercls.expected_calibration_error(probability float8, label float8) (
    SFUNC = usercls_private.expected_calibration_error_accum, STYPE = float8[], INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
    FINALFUNC = usercls_private.expected_calibration_error_final, COMBINEFUNC = usercls_private.expected_calibration_error_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.expected_calibration_error(probability float8, label float8) IS 'mean of |share labelled 1 - mean probability| over 15 bins of equal width, by the rows in them';

CREATE FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label anyelement)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__log_loss_accum';
COMMENT ON FUNCTION usercls_private.log_loss_accum(float8[], probability float8, label anyelement) IS 'adds a row to the state of usercls.log_loss';

CREATE FUNCTION usercls_private.brier_accum(float8[], probability float8, label anyelement)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__brier_accum';
COMMENT ON FUNCTION usercls_private.brier_accum(float8[], probability float8, label anyelement) IS 'adds a row to the state of usercls.brier';

CREATE FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label anyelement)
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__expected_calibration_error_accum';
COMMENT ON FUNCTION usercls_private.expected_calibration_error_accum(float8[], probability float8, label anyelement) IS 'adds a row to the state of usercls.expected_calibration_error';

CREATE AGGREGATE usercls.log_loss(probability float8, label anyelement) (
    SFUNC = usercls_private.log_loss_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.log_loss(probability float8, label anyelement) IS 'mean of -ln of the probability that was given to the label (1 or true, 0 or false) that occurred';

CREATE AGGREGATE usercls.brier(probability float8, label anyelement) (
    SFUNC = usercls_private.brier_accum, STYPE = float8[], INITCOND = '{0,0}',
    FINALFUNC = usercls_private.log_loss_final, COMBINEFUNC = usercls_private.log_loss_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.brier(probability float8, label anyelement) IS 'mean squared difference of the probability and the label (1 or true, 0 or false)';

CREATE AGGREGATE usercls.expected_calibration_error(probability float8, label anyelement) (
    SFUNC = usercls_private.expected_calibration_error_accum, STYPE = float8[], INITCOND = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}',
    FINALFUNC = usercls_private.expected_calibration_error_final, COMBINEFUNC = usercls_private.expected_calibration_error_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.expected_calibration_error(probability float8, label anyelement) IS 'mean of |share labelled 1 - mean probability| over 15 bins of equal width, by the rows in them';

CREATE FUNCTION usercls_private.decision_combine(float8[], float8[])
RETURNS float8[] LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__decision_combine';
COMMENT ON FUNCTION usercls_private.decision_combine(float8[], float8[]) IS 'merges two states of usercls.f1, precision_at or recall_at';

CREATE FUNCTION usercls_private.f1_final(float8[])
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__f1_final';
COMMENT ON FUNCTION usercls_private.f1_final(float8[]) IS 'ends usercls.f1';

CREATE FUNCTION usercls_private.precision_at_final(float8[])
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__precision_at_final';
COMMENT ON FUNCTION usercls_private.precision_at_final(float8[]) IS 'ends usercls.precision_at';

CREATE FUNCTION usercls_private.recall_at_final(float8[])
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__recall_at_final';
COMMENT ON FUNCTION usercls_private.recall_at_final(float8[]) IS 'ends usercls.recall_at';

CREATE FUNCTION usercls_private.decision_accum(float8[], score float8, label boolean, threshold float8)
RETURNS float8[] LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__decision_accum';
COMMENT ON FUNCTION usercls_private.decision_accum(float8[], score float8, label boolean, threshold float8) IS 'adds a row to the state of usercls.f1, precision_at or recall_at';

CREATE AGGREGATE usercls.f1(score float8, label boolean, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.f1_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.f1(score float8, label boolean, threshold float8) IS 'harmonic mean of precision_at and recall_at';

CREATE AGGREGATE usercls.precision_at(score float8, label boolean, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.precision_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.precision_at(score float8, label boolean, threshold float8) IS 'share labelled 1 (true) of the rows whose score is at or above the threshold';

CREATE AGGREGATE usercls.recall_at(score float8, label boolean, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.recall_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.recall_at(score float8, label boolean, threshold float8) IS 'share of the rows labelled 1 (true) whose score is at or above the threshold';

CREATE FUNCTION usercls_private.decision_accum(float8[], score float8, label float8, threshold float8)
RETURNS float8[] LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__decision_accum';
COMMENT ON FUNCTION usercls_private.decision_accum(float8[], score float8, label float8, threshold float8) IS 'adds a row to the state of usercls.f1, precision_at or recall_at';

CREATE AGGREGATE usercls.f1(score float8, label float8, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.f1_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.f1(score float8, label float8, threshold float8) IS 'harmonic mean of precision_at and recall_at';

CREATE AGGREGATE usercls.precision_at(score float8, label float8, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.precision_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.precision_at(score float8, label float8, threshold float8) IS 'share labelled 1 (true) of the rows whose score is at or above the threshold';

CREATE AGGREGATE usercls.recall_at(score float8, label float8, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.recall_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.recall_at(score float8, label float8, threshold float8) IS 'share of the rows labelled 1 (true) whose score is at or above the threshold';

CREATE FUNCTION usercls_private.decision_accum(float8[], score float8, label anyelement, threshold float8)
RETURNS float8[] LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__decision_accum';
COMMENT ON FUNCTION usercls_private.decision_accum(float8[], score float8, label anyelement, threshold float8) IS 'adds a row to the state of usercls.f1, precision_at or recall_at';

CREATE AGGREGATE usercls.f1(score float8, label anyelement, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.f1_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.f1(score float8, label anyelement, threshold float8) IS 'harmonic mean of precision_at and recall_at';

CREATE AGGREGATE usercls.precision_at(score float8, label anyelement, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.precision_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.precision_at(score float8, label anyelement, threshold float8) IS 'share labelled 1 (true) of the rows whose score is at or above the threshold';

CREATE AGGREGATE usercls.recall_at(score float8, label anyelement, threshold float8) (
    SFUNC = usercls_private.decision_accum, STYPE = float8[], INITCOND = '{0,0,0}',
    FINALFUNC = usercls_private.recall_at_final, COMBINEFUNC = usercls_private.decision_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.recall_at(score float8, label anyelement, threshold float8) IS 'share of the rows labelled 1 (true) whose score is at or above the threshold';

CREATE FUNCTION usercls_private.uplift_combine(bytea, bytea)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_combine';
COMMENT ON FUNCTION usercls_private.uplift_combine(bytea, bytea) IS 'merges two states of an uplift metric';

CREATE FUNCTION usercls_private.qini_final(bytea)
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_final';
COMMENT ON FUNCTION usercls_private.qini_final(bytea) IS 'ends usercls.qini';

CREATE FUNCTION usercls_private.auuc_final(bytea)
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_final';
COMMENT ON FUNCTION usercls_private.auuc_final(bytea) IS 'ends usercls.auuc';

CREATE FUNCTION usercls_private.uplift_at_final(bytea)
RETURNS float8 LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_final';
COMMENT ON FUNCTION usercls_private.uplift_at_final(bytea) IS 'ends usercls.uplift_at';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated boolean, outcome boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated boolean, outcome boolean) IS 'Qini coefficient: area between the Qini curve and random targeting, as a share of the ideal ranking';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome float8) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated boolean, outcome float8) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated boolean, outcome float8) IS 'Qini coefficient: area between the Qini curve and random targeting, as a share of the ideal ranking';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated float8, outcome boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated float8, outcome boolean) IS 'Qini coefficient: area between the Qini curve and random targeting, as a share of the ideal ranking';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome float8) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated float8, outcome float8) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated float8, outcome float8) IS 'Qini coefficient: area between the Qini curve and random targeting, as a share of the ideal ranking';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated anyelement, outcome anycompatible)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated anyelement, outcome anycompatible) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated anyelement, outcome anycompatible) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated anyelement, outcome anycompatible) IS 'Qini coefficient: area between the Qini curve and random targeting, as a share of the ideal ranking';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome boolean, negative_effect boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome boolean, negative_effect boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated boolean, outcome boolean, negative_effect boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated boolean, outcome boolean, negative_effect boolean) IS 'Qini coefficient; negative_effect false: against an ideal curve without negative effects';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome float8, negative_effect boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated boolean, outcome float8, negative_effect boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated boolean, outcome float8, negative_effect boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated boolean, outcome float8, negative_effect boolean) IS 'Qini coefficient; negative_effect false: against an ideal curve without negative effects';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome boolean, negative_effect boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome boolean, negative_effect boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated float8, outcome boolean, negative_effect boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated float8, outcome boolean, negative_effect boolean) IS 'Qini coefficient; negative_effect false: against an ideal curve without negative effects';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome float8, negative_effect boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated float8, outcome float8, negative_effect boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated float8, outcome float8, negative_effect boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated float8, outcome float8, negative_effect boolean) IS 'Qini coefficient; negative_effect false: against an ideal curve without negative effects';

CREATE FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, negative_effect boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__qini_accum';
COMMENT ON FUNCTION usercls_private.qini_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, negative_effect boolean) IS 'adds a row to the state of usercls.qini';

CREATE AGGREGATE usercls.qini(uplift float8, treated anyelement, outcome anycompatible, negative_effect boolean) (
    SFUNC = usercls_private.qini_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.qini_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.qini(uplift float8, treated anyelement, outcome anycompatible, negative_effect boolean) IS 'Qini coefficient; negative_effect false: against an ideal curve without negative effects';

CREATE FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated boolean, outcome boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_accum';
COMMENT ON FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated boolean, outcome boolean) IS 'adds a row to the state of usercls.auuc';

CREATE AGGREGATE usercls.auuc(uplift float8, treated boolean, outcome boolean) (
    SFUNC = usercls_private.auuc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auuc_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auuc(uplift float8, treated boolean, outcome boolean) IS 'area under the uplift curve above random targeting, as a share of the ideal ranking; outcomes are 0 or 1';

CREATE FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated boolean, outcome float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_accum';
COMMENT ON FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated boolean, outcome float8) IS 'adds a row to the state of usercls.auuc';

CREATE AGGREGATE usercls.auuc(uplift float8, treated boolean, outcome float8) (
    SFUNC = usercls_private.auuc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auuc_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auuc(uplift float8, treated boolean, outcome float8) IS 'area under the uplift curve above random targeting, as a share of the ideal ranking; outcomes are 0 or 1';

CREATE FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated float8, outcome boolean)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_accum';
COMMENT ON FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated float8, outcome boolean) IS 'adds a row to the state of usercls.auuc';

CREATE AGGREGATE usercls.auuc(uplift float8, treated float8, outcome boolean) (
    SFUNC = usercls_private.auuc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auuc_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auuc(uplift float8, treated float8, outcome boolean) IS 'area under the uplift curve above random targeting, as a share of the ideal ranking; outcomes are 0 or 1';

CREATE FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated float8, outcome float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_accum';
COMMENT ON FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated float8, outcome float8) IS 'adds a row to the state of usercls.auuc';

CREATE AGGREGATE usercls.auuc(uplift float8, treated float8, outcome float8) (
    SFUNC = usercls_private.auuc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auuc_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auuc(uplift float8, treated float8, outcome float8) IS 'area under the uplift curve above random targeting, as a share of the ideal ranking; outcomes are 0 or 1';

CREATE FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated anyelement, outcome anycompatible)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__auuc_accum';
COMMENT ON FUNCTION usercls_private.auuc_accum(bytea, uplift float8, treated anyelement, outcome anycompatible) IS 'adds a row to the state of usercls.auuc';

CREATE AGGREGATE usercls.auuc(uplift float8, treated anyelement, outcome anycompatible) (
    SFUNC = usercls_private.auuc_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.auuc_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.auuc(uplift float8, treated anyelement, outcome anycompatible) IS 'area under the uplift curve above random targeting, as a share of the ideal ranking; outcomes are 0 or 1';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome boolean, share float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome boolean, share float8) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome boolean, share float8) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome boolean, share float8) IS 'measured effect (mean outcome of treated less untreated) in the given share of rows with the highest uplift';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome float8, share float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome float8, share float8) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome float8, share float8) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome float8, share float8) IS 'measured effect (mean outcome of treated less untreated) in the given share of rows with the highest uplift';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome boolean, share float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome boolean, share float8) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome boolean, share float8) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome boolean, share float8) IS 'measured effect (mean outcome of treated less untreated) in the given share of rows with the highest uplift';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome float8, share float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome float8, share float8) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome float8, share float8) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome float8, share float8) IS 'measured effect (mean outcome of treated less untreated) in the given share of rows with the highest uplift';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, share float8)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, share float8) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated anyelement, outcome anycompatible, share float8) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated anyelement, outcome anycompatible, share float8) IS 'measured effect (mean outcome of treated less untreated) in the given share of rows with the highest uplift';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome boolean, share float8, strategy text)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome boolean, share float8, strategy text) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome boolean, share float8, strategy text) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome boolean, share float8, strategy text) IS 'measured effect in the given share of rows with the highest uplift: of all rows (overall) or of each arm (by_group)';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome float8, share float8, strategy text)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated boolean, outcome float8, share float8, strategy text) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome float8, share float8, strategy text) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated boolean, outcome float8, share float8, strategy text) IS 'measured effect in the given share of rows with the highest uplift: of all rows (overall) or of each arm (by_group)';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome boolean, share float8, strategy text)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome boolean, share float8, strategy text) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome boolean, share float8, strategy text) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome boolean, share float8, strategy text) IS 'measured effect in the given share of rows with the highest uplift: of all rows (overall) or of each arm (by_group)';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome float8, share float8, strategy text)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated float8, outcome float8, share float8, strategy text) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome float8, share float8, strategy text) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated float8, outcome float8, share float8, strategy text) IS 'measured effect in the given share of rows with the highest uplift: of all rows (overall) or of each arm (by_group)';

CREATE FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, share float8, strategy text)
RETURNS bytea LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'usercls__uplift_at_accum';
COMMENT ON FUNCTION usercls_private.uplift_at_accum(bytea, uplift float8, treated anyelement, outcome anycompatible, share float8, strategy text) IS 'adds a row to the state of usercls.uplift_at';

CREATE AGGREGATE usercls.uplift_at(uplift float8, treated anyelement, outcome anycompatible, share float8, strategy text) (
    SFUNC = usercls_private.uplift_at_accum, STYPE = bytea, SSPACE = 4096,
    FINALFUNC = usercls_private.uplift_at_final, COMBINEFUNC = usercls_private.uplift_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE usercls.uplift_at(uplift float8, treated anyelement, outcome anycompatible, share float8, strategy text) IS 'measured effect in the given share of rows with the highest uplift: of all rows (overall) or of each arm (by_group)';
