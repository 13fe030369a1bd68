-- The metrics as aggregates against scikit-uplift and scikit-learn (test/data/metric_vectors).
CREATE TABLE vector (name text, row serial, y int, t int, u float8);
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n40_distinct.csv' (FORMAT csv)
UPDATE vector SET name = 'n40_distinct' WHERE name IS NULL;
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n40_ties.csv' (FORMAT csv)
UPDATE vector SET name = 'n40_ties' WHERE name IS NULL;
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n60_distinct.csv' (FORMAT csv)
UPDATE vector SET name = 'n60_distinct' WHERE name IS NULL;
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n60_ties.csv' (FORMAT csv)
UPDATE vector SET name = 'n60_ties' WHERE name IS NULL;
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n1000_distinct.csv' (FORMAT csv)
UPDATE vector SET name = 'n1000_distinct' WHERE name IS NULL;
\copy vector (y, t, u) FROM PROGRAM 'tail -n +2 "$PG_ABS_SRCDIR"/data/metric_vectors/n1000_ties.csv' (FORMAT csv)
UPDATE vector SET name = 'n1000_ties' WHERE name IS NULL;
ANALYZE vector;

CREATE TABLE reference (name text, qini float8, qini_positive float8, auuc float8, at_overall float8, at_by_group float8,
                        auc float8, log_loss float8);
-- scikit-uplift refuses qini_auc_score(negative_effect=False) on n40_ties, where the overall effect is negative.
INSERT INTO reference VALUES
	('n40_distinct', -0.106440476684986, -0.742946196034506, -0.119017769328803, -0.285714285714286, -0.2, 0.423197492163009, 0.869855300334202),
	('n40_ties', 0.042288338758927, NULL, 0.110263003438172, 0.5, 0.1, 0.697333333333333, 0.750772404409383),
	('n60_distinct', 0.180021486045445, 0.421970363290522, 0.182719060718546, 0.636363636363636, 0.555555555555556, 0.427601809954751, 0.801079773885822),
	('n60_ties', 0.276325682534292, 0.379374544371297, 0.103384854389781, 0.666666666666667, 0.666666666666667, 0.665482954545455, 0.793503981460449),
	('n1000_distinct', 0.08573339539188, 0.190583506041222, 0.0852951100463412, 0.314814814814815, 0.313519813519814, 0.525329148948023, 0.823083238060372),
	('n1000_ties', 0.0565108450400445, 0.139665334186254, 0.0733398330134372, 0.350892857142857, 0.359060402684564, 0.507977919462775, 0.836428044048954);

CREATE VIEW measured AS
SELECT name, usercls.qini(u, t, y) AS qini, usercls.qini(u, t, y, false) AS qini_positive, usercls.auuc(u, t, y) AS auuc,
       usercls.uplift_at(u, t, y, 0.3 ORDER BY row) AS at_overall,
       usercls.uplift_at(u, t, y, 0.3, 'by_group' ORDER BY row) AS at_by_group,
       usercls.auc(u, y) AS auc, usercls.log_loss(1 / (1 + exp(-u)), y) AS log_loss
FROM vector GROUP BY name;

-- Equal to 1e-9, and NULL where the reference refuses: all true.
CREATE FUNCTION same(a float8, b float8) RETURNS boolean IMMUTABLE LANGUAGE sql
RETURN CASE WHEN a IS NULL OR b IS NULL THEN a IS NULL AND b IS NULL ELSE abs(a - b) < 1e-9 END;
SELECT name, same(m.qini, r.qini) AS qini, same(m.qini_positive, r.qini_positive) AS qini_positive, same(m.auuc, r.auuc) AS auuc,
       same(m.at_overall, r.at_overall) AS at_overall, same(m.at_by_group, r.at_by_group) AS at_by_group,
       same(m.auc, r.auc) AS auc, same(m.log_loss, r.log_loss) AS log_loss
FROM measured m JOIN reference r USING (name) ORDER BY name;

-- Those of labels alone against scikit-learn: the values are printed by test/fixtures/make_metric_fixtures.py.
CREATE TABLE learned (name text, average_precision float8, brier float8, calibration float8, threshold float8, f1 float8, precision_at float8,
                      recall_at float8);
INSERT INTO learned VALUES
	('n1000_distinct', 0.33172469718667, 0.31042335368301, 0.299768956937594, 0.8572535, 0.224899598393574, 0.304347826086957, 0.178343949044586),
	('n1000_ties', 0.319180205772043, 0.316328157780906, 0.30823557019564, 0.4, 0.441117764471058, 0.320754716981132, 0.706070287539936),
	('n40_distinct', 0.24328670143293, 0.331359797282419, 0.3405724043942, 0.791683, 0.181818181818182, 0.181818181818182, 0.181818181818182),
	('n40_ties', 0.55835163098321, 0.277202378106964, 0.258789211208142, 0.6, 0.588235294117647, 0.526315789473684, 0.666666666666667),
	('n60_distinct', 0.44159833042668, 0.300389194366877, 0.247814414911158, -0.11641897, 0.55, 0.407407407407407, 0.846153846153846),
	('n60_ties', 0.369796716135929, 0.294869713443165, 0.339145671086803, 0.8, 0.444444444444444, 0.4, 0.5);
SELECT name, same(usercls.average_precision(u, y), r.average_precision) AS average_precision,
       same(usercls.brier(1 / (1 + exp(-u)), y), r.brier) AS brier,
       same(usercls.expected_calibration_error(1 / (1 + exp(-u)), y), r.calibration) AS calibration,
       same(usercls.f1(u, y, threshold), r.f1) AS f1, same(usercls.precision_at(u, y = 1, threshold), r.precision_at) AS precision_at,
       same(usercls.recall_at(u, y::numeric, threshold), r.recall_at) AS recall_at
FROM vector JOIN learned r USING (name) GROUP BY name, r.average_precision, r.brier, r.calibration, r.f1, r.precision_at, r.recall_at ORDER BY name;

-- The order of rows does not matter, whatever type the columns have.
SELECT name, same(usercls.qini(u, t, y ORDER BY y, t, row DESC), r.qini) AS qini,
       same(usercls.qini(u, t = 1, y = 1), r.qini) AS qini_boolean, same(usercls.auuc(u, t::numeric, y::smallint), r.auuc) AS auuc,
       same(usercls.auc(u, y = 1 ORDER BY y, row), r.auc) AS auc,
       same(usercls.uplift_at(u, t, y, 0.3), (SELECT usercls.uplift_at(u, t::bigint, y::numeric, 0.3) FROM (SELECT * FROM vector w WHERE w.name = v.name ORDER BY md5(row::text) OFFSET 0) s)) AS uplift_at
FROM vector v JOIN reference r USING (name) GROUP BY name, r.qini, r.auuc, r.auc ORDER BY name;

-- A forced parallel plan agrees with the serial one.
CREATE TABLE many AS SELECT v.* FROM vector v, generate_series(1, 40) WHERE name = 'n1000_ties';
ANALYZE many;
CREATE TABLE serial AS SELECT usercls.qini(u, t, y) AS qini, usercls.auuc(u, t, y) AS auuc, usercls.auc(u, y) AS auc,
                              usercls.log_loss(1 / (1 + exp(-u)), y) AS log_loss, usercls.uplift_at(u, t, y, 0.3) AS uplift_at,
                              usercls.uplift_at(u, t, y, 0.3, 'by_group') AS by_group FROM many;
CREATE TABLE serial_learned AS
SELECT usercls.average_precision(u, y) AS average_precision, usercls.brier(1 / (1 + exp(-u)), y) AS brier,
       usercls.expected_calibration_error(1 / (1 + exp(-u)), y) AS calibration, usercls.f1(u, y, 0.4) AS f1,
       usercls.precision_at(u, y, 0.4) AS precision_at, usercls.recall_at(u, y, 0.4) AS recall_at FROM many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT usercls.qini(u, t, y), usercls.auc(u, y), usercls.log_loss(0.5, y) FROM many;
SELECT same(usercls.qini(u, t, y), s.qini) AS qini, same(usercls.auuc(u, t, y), s.auuc) AS auuc, same(usercls.auc(u, y), s.auc) AS auc,
       same(usercls.log_loss(1 / (1 + exp(-u)), y), s.log_loss) AS log_loss, same(usercls.uplift_at(u, t, y, 0.3), s.uplift_at) AS uplift_at,
       same(usercls.uplift_at(u, t, y, 0.3, 'by_group'), s.by_group) AS by_group
FROM many, serial s GROUP BY s.qini, s.auuc, s.auc, s.log_loss, s.uplift_at, s.by_group;
EXPLAIN (COSTS off) SELECT usercls.average_precision(u, y), usercls.brier(0.5, y), usercls.expected_calibration_error(0.5, y),
	usercls.f1(u, y, 0.4), usercls.precision_at(u, y, 0.4), usercls.recall_at(u, y, 0.4) FROM many;
SELECT same(usercls.average_precision(u, y), s.average_precision) AS average_precision, same(usercls.brier(1 / (1 + exp(-u)), y), s.brier) AS brier,
       same(usercls.expected_calibration_error(1 / (1 + exp(-u)), y), s.calibration) AS calibration,
       same(usercls.f1(u, y, 0.4), s.f1) AS f1, same(usercls.precision_at(u, y, 0.4), s.precision_at) AS precision_at,
       same(usercls.recall_at(u, y, 0.4), s.recall_at) AS recall_at
FROM many, serial_learned s GROUP BY s.average_precision, s.brier, s.calibration, s.f1, s.precision_at, s.recall_at;
-- A tie at the cut counts by its share. ORDER BY inside the call settles the order instead, in one process.
EXPLAIN (COSTS off) SELECT usercls.uplift_at(u, t, y, 0.3) FROM many;
CREATE FUNCTION is_partial(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line LIKE '%Partial Aggregate%' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
SELECT is_partial('SELECT usercls.uplift_at(u, t, y, 0.3) FROM many') AS any_order, is_partial('SELECT usercls.uplift_at(u, t, y, 0.3 ORDER BY row) FROM many') AS ordered;
SELECT usercls.uplift_at(u, t, y, 0.5) AS shared, usercls.uplift_at(u, t, y, 0.5 ORDER BY row) AS first_rows, usercls.uplift_at(u, t, y, 0.5 ORDER BY row DESC) AS last_rows
FROM (VALUES (1, 3, 1, 1), (2, 2, 1, 0), (3, 2, 1, 1), (4, 2, 0, 1), (5, 2, 0, 0), (6, 1, 0, 0)) v(row, u, t, y);
-- Groups whose rows are spread over workers, some with no row at all.
SELECT count(*) AS groups, bool_and(same(q, p)) AS agree
FROM (SELECT row % 100 AS g, usercls.qini(u, t, y) AS q FROM many GROUP BY 1) a
FULL JOIN (SELECT row % 100 AS g, usercls.qini(u, t, y ORDER BY row) AS p FROM many GROUP BY 1) b USING (g);
RESET ALL;

-- By hand. Three of the four pairs of a 1 and a 0 are in order, one is a tie.
SELECT usercls.auc(s, l) FROM (VALUES (0.9, 1), (0.7, 0), (0.7, 1), (0.1, 0)) v(s, l);
-- -0 and 0 are one score.
SELECT usercls.auc(s, l) FROM (VALUES ('-0'::float8, 1), (0, 0)) v(s, l);
SELECT round(usercls.log_loss(p, l)::numeric, 6) AS log_loss FROM (VALUES (0.8, true), (0.4, false)) v(p, l);
-- The first tie has a 1 and a 0 and the precision 2/3, the 1 above it 1.
SELECT round(usercls.average_precision(s, l)::numeric, 6) AS average_precision FROM (VALUES (0.9, 1), (0.7, 0), (0.7, 1), (0.1, 0)) v(s, l);
SELECT round(usercls.brier(p, l)::numeric, 6) AS brier FROM (VALUES (0.8, true), (0.4, false)) v(p, l);
-- At 0.7 two of three are hits, and none is missed; a threshold may be of the row.
SELECT round(usercls.f1(s, l, 0.7)::numeric, 6) AS f1, round(usercls.precision_at(s, l, 0.7)::numeric, 6) AS precision_at,
       usercls.recall_at(s, l, 0.7), usercls.recall_at(s, l, CASE WHEN s > 0.8 THEN 1 ELSE 0.7 END) AS of_the_row
FROM (VALUES (0.9, 1), (0.7, 0), (0.7, 1), (0.1, 0)) v(s, l);
-- Both ends have a bin, and one bin sets off what is too high by what is too low.
SELECT round(usercls.expected_calibration_error(p, l)::numeric, 6) AS ends, usercls.expected_calibration_error(0.5, l) AS one_bin
FROM (VALUES (0, 1), (1, 1), (1, 0), (0, 0)) v(p, l);
-- The surprise at what was held impossible is finite: -ln(2^-52).
SELECT round(usercls.log_loss(0, 1)::numeric, 4) AS log_loss;
-- One treated and one untreated respond, and the treated one is ranked first: all rows, the first half, half of each arm.
SELECT usercls.uplift_at(u, t, y, 1), usercls.uplift_at(u, t, y, 0.5), usercls.uplift_at(u, t, y, 0.5, 'by_group')
FROM (VALUES (4, 1, 1), (3, 0, 0), (2, 1, 0), (1, 0, 1)) v(u, t, y);
-- Outcomes that are not 0 or 1: the ideal ranking is perfect, its reverse is not.
SELECT round(usercls.qini(CASE WHEN t = 1 THEN y ELSE -y END, t, y)::numeric, 9) AS ideal,
       usercls.qini(CASE WHEN t = 1 THEN -y ELSE y END, t, y) < 0 AS reversed
FROM (SELECT i % 2 AS t, (i * 7919 % 101) / 10.0 AS y FROM generate_series(1, 50) i) s;

-- As window functions the states are read several times.
SELECT i, usercls.auc(s, l) OVER w AS auc, usercls.uplift_at(s, t, l, 1) OVER w AS uplift_at
FROM (VALUES (1, 0.9, 1, 1), (2, 0.7, 0, 0), (3, 0.8, 0, 0), (4, 0.6, 1, 1)) v(i, s, l, t)
WINDOW w AS (ORDER BY i) ORDER BY i;

-- No rows, one class, one arm, nothing to rank: not defined, so NULL.
SELECT usercls.auc(u, y), usercls.log_loss(0.5, y), usercls.qini(u, t, y), usercls.auuc(u, t, y), usercls.uplift_at(u, t, y, 0.3)
FROM vector WHERE false;
SELECT usercls.average_precision(u, y), usercls.brier(0.5, y), usercls.expected_calibration_error(0.5, y), usercls.f1(u, y, 0.5),
       usercls.precision_at(u, y, 0.5), usercls.recall_at(u, y, 0.5)
FROM vector WHERE false;
SELECT usercls.average_precision(u, 0) AS no_ones, usercls.average_precision(u, 1) AS all_ones, usercls.f1(u, 0, 1e9) AS neither,
       usercls.precision_at(u, 1, 1e9) AS none_above, usercls.recall_at(u, 0, 0) AS none_to_find, usercls.recall_at(u, 1, 1e9) AS none_found
FROM vector;
SELECT usercls.auc(u, 1) AS one_class, usercls.qini(u, 1, y) AS all_treated, usercls.auuc(u, 0, y) AS none_treated,
       usercls.uplift_at(u, 1, y, 0.3) AS all_treated_at, usercls.qini(u, t, 0) AS nobody_responds, usercls.auuc(u, t, 0) AS nobody_responds_auuc
FROM vector;
SELECT usercls.uplift_at(u, t, y, 0.01) AS nobody_in_share FROM vector WHERE name = 'n40_ties';
-- Rows with a NULL are left out.
SELECT usercls.auc(s, l) FROM (VALUES (0.9, 1), (NULL, 0), (0.7, NULL), (0.1, 0)) v(s, l);
SELECT usercls.log_loss(s, l) FROM (VALUES (0.5, 1), (NULL, 0), (0.7, NULL)) v(s, l);
SELECT usercls.average_precision(s, l), usercls.brier(s, l), usercls.expected_calibration_error(s, l), usercls.f1(s, l, 0.5),
       usercls.precision_at(s, l, 0.5), usercls.recall_at(s, l, 0.5)
FROM (VALUES (0.5, 1), (NULL, 0), (0.7, NULL)) v(s, l);
SELECT usercls.uplift_at(u, t, y, 1) FROM (VALUES (1, 1, 1), (1, 0, 0), (1, 1, NULL), (1, NULL, 1), (NULL, 0, 1)) v(u, t, y);
SELECT usercls.auc(NULL, NULL::int), usercls.log_loss(NULL, 1), usercls.qini(1, 1, NULL::int);

-- Errors.
\set VERBOSITY default
SELECT usercls.auc('NaN', 1);
SELECT usercls.auc(0.5, 2);
SELECT usercls.auc(0.5, 'yes'::text);
SELECT usercls.log_loss(1.5, 1);
SELECT usercls.log_loss('NaN', 1);
SELECT usercls.brier(-0.5, 1);
SELECT usercls.expected_calibration_error(0.5, 2);
SELECT usercls.average_precision('NaN', 1);
SELECT usercls.f1('NaN', 1, 0.5);
SELECT usercls.precision_at(0.5, 2, 0.5);
SELECT usercls.recall_at(0.5, 1, NULL);
SELECT usercls.recall_at(0.5, 1, 'NaN');
SELECT usercls.recall_at(0.5, 'yes'::text, 0.5);
SELECT usercls.qini('Infinity', 1, 1);
SELECT usercls.qini(0.1, 3, 1);
SELECT usercls.qini(0.1, 1, 'NaN'::float8);
SELECT usercls.qini(0.1, 1, 1, NULL);
SELECT usercls.auuc(0.1, 1, 2.5);
SELECT usercls.uplift_at(0.1, 1, 1, 0);
SELECT usercls.uplift_at(0.1, 1, 1, 1.5);
SELECT usercls.uplift_at(0.1, 1, 1, NULL);
SELECT usercls.uplift_at(0.1, 1, 1, 0.3, 'by_grp');
SELECT usercls.uplift_at(u, t, y, row / 10000.0) FROM vector;
-- Support functions outside of an aggregate, and states from elsewhere.
SELECT usercls_private.auc_accum(NULL, 0.5, 1);
SELECT usercls_private.auc_final('\x00');
CREATE AGGREGATE forged (float8, float8) (SFUNC = usercls_private.auc_accum, STYPE = bytea, INITCOND = '\x0100637500000000ffffffff');
SELECT forged(0.5, 1);
CREATE AGGREGATE forged_loss (float8, float8) (SFUNC = usercls_private.log_loss_accum, STYPE = float8[], INITCOND = '{1}');
SELECT forged_loss(0.5, 1);
SELECT usercls_private.decision_accum(NULL, 0.5, 1, 0.5);
SELECT usercls_private.f1_final('{1,2}');

DROP AGGREGATE forged (float8, float8);
DROP AGGREGATE forged_loss (float8, float8);
DROP TABLE vector, reference, learned, many, serial, serial_learned CASCADE;
DROP FUNCTION same(float8, float8);
