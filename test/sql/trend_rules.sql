-- Labels of a training as label() makes them: sums or means, significance or cut points, three or five classes.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET timezone = 'UTC';
CREATE TABLE rul AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' + k * interval '1 hour' AS ts,
       ((u % 11 - 5) * w * (hashint8(u * 100 + w) & 1) + (hashint8(u * 1000 + w * 10 + k) & 31))::float8 AS spend
FROM generate_series(1, 400) u, generate_series(0, 11) w, generate_series(0, 2) k
WHERE (hashint8(u * 7 + w * 3 + k) & 7) > 1;
CREATE TABLE rul_trend AS
SELECT * FROM usercls.trend_users('rul', 'user_id', 'ts', 'spend', interval '7 days', timestamptz '2026-01-05', timestamptz '2026-03-30');

-- Each rule gives the classes of the function whose words it takes.
CREATE FUNCTION rul_classes(rule jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT classes FROM usercls.train_sequence('rul', 'rul', trend_of => 'spend', trend_rule => rule, features => '{spend}',
	                                           horizon_periods => 0, as_of => '2026-03-30', dry_run => true) $$;
CREATE FUNCTION rul_same(rule jsonb, label text) RETURNS TABLE (same boolean, classes int) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT jsonb_object_agg(label, n) = rul_classes(%L), count(*)::int
	                             FROM (SELECT (%s)::text AS label, count(*) AS n FROM rul_trend GROUP BY 1) l', rule, label);
END $$;
SELECT r.rule, s.* FROM (VALUES
	(NULL, 'usercls.label(trend)'),
	('{}', 'usercls.label(trend)'),
	('{"measure": "mean"}', $$usercls.label(trend, 'mean')$$),
	('{"measure": "count"}', $$usercls.label(trend, 'count')$$),
	('{"significance": 0.4}', $$CASE WHEN usercls.p_value(trend) > 0.4 THEN 'stable' WHEN usercls.net_sign(trend) > 0 THEN 'potential' ELSE 'high_risk' END$$),
	('{"potential_at": 3, "high_risk_at": -2}', 'usercls.label(trend, 3, -2)'),
	('{"potential_at": 1, "high_risk_at": -1, "measure": "mean"}', $$usercls.label(trend, 1, -1, 'mean')$$),
	('{"cuts": [-3, -1, 2, 4]}', 'usercls.label(trend, ARRAY[-3, -1, 2, 4])'),
	('{"cuts": [-3, -1, 2, 4], "measure": "mean"}', $$usercls.label(trend, ARRAY[-3, -1, 2, 4], '{high_risk,declining,stable,rising,potential}', 'mean')$$),
	('{"cuts": [-1, 2]}', 'usercls.label(trend, ARRAY[-1, 2])'),
	('{"cuts": [0, 2, 3], "names": ["a", "b", "c", "d"]}', $$usercls.label(trend, ARRAY[0, 2, 3], ARRAY['a', 'b', 'c', 'd'])$$)
) AS r(rule, label), LATERAL rul_same(r.rule::jsonb, r.label) AS s;

-- Five classes sort from worst to best, and so they are told apart by the model, by retrain, and by its table of scores.
SELECT usercls.label(trend, ARRAY[-3, -1, 2, 4])::usercls.trend_label AS label, min(usercls.net_sign(trend)) AS lowest, max(usercls.net_sign(trend)) AS highest
FROM rul_trend GROUP BY 1 ORDER BY 1;
SELECT version FROM usercls.train_sequence('rul', 'rul', trend_of => 'spend', trend_rule => '{"cuts": [-3, -1, 2, 4]}', features => '{spend}',
                                           horizon_periods => 0, as_of => '2026-03-30', hyperparams => '{"hidden_size": 4, "max_epochs": 2}');
CALL usercls.retrain('rul', as_of => '2026-03-30', promote => 'always');
SELECT version, classes, spec::jsonb -> 'trend_rule' AS trend_rule FROM usercls.versions WHERE model = 'rul' ORDER BY version;
SELECT array_agg(DISTINCT actual::usercls.trend_label) AS classes FROM usercls.confusion_matrix('rul', 'rul', as_of => '2026-03-30');
CALL usercls.refresh_scores('rul', 'rul_scores', as_of => '2026-03-30');
SELECT string_agg(attname, ', ' ORDER BY attnum) AS columns FROM pg_attribute WHERE attrelid = 'rul_scores'::regclass AND attname LIKE 'p\_%';

-- What an epoch learns from: all that are not held out, or as many of each class as are drawn, up to 1 a share of the largest.
CREATE FUNCTION rul_drawn(weights jsonb, samples text) RETURNS TABLE (smallest bigint, largest bigint) LANGUAGE sql AS $$
	SELECT min(n::bigint), max(n::bigint)
	FROM usercls.train_sequence('rul', 'rul', trend_of => 'spend', trend_rule => '{"cuts": [-3, -1, 2, 4]}', features => '{spend}', horizon_periods => 0,
	                            as_of => '2026-03-30', dry_run => true, class_weights => weights,
	                            hyperparams => jsonb_build_object('samples_per_class', samples::numeric)),
	     jsonb_each_text(drawn) AS d(class, n) $$;
SELECT r.smallest = r.largest AS alike, r.largest > a.smallest AND r.largest < a.largest AS between,
       s.smallest = a.largest AND s.largest = a.largest AS as_the_largest, h.smallest = ceil(a.largest / 4.0) AND h.largest = h.smallest AS a_quarter,
       n.smallest = 7 AND n.largest = 7 AS seven
FROM rul_drawn('"balanced"', '0') a, rul_drawn('"resample"', '0') r, rul_drawn('"resample"', '1') s, rul_drawn('"resample"', '0.25') h, rul_drawn('"resample"', '7') n;
SELECT sum(n::int) = max(rows_train) AS all_that_are_learned
FROM usercls.train_sequence('rul', 'rul', trend_of => 'spend', features => '{spend}', horizon_periods => 0, as_of => '2026-03-30', dry_run => true),
     jsonb_each_text(drawn) AS d(class, n);
SELECT version FROM usercls.train_sequence('rul', 'rul', trend_of => 'spend', features => '{spend}', horizon_periods => 0, as_of => '2026-03-30', promote => 'never',
	class_weights => '"resample"', hyperparams => '{"hidden_size": 4, "max_epochs": 2, "samples_per_class": 0.5}');

-- Errors
SELECT rul_classes('{"rule": 1}');
SELECT rul_classes('{"measure": "median"}');
SELECT rul_classes('{"significance": 0}');
SELECT rul_classes('{"significance": 0.1, "cuts": [0, 1]}');
SELECT rul_classes('{"potential_at": 3}');
SELECT rul_classes('{"potential_at": -3, "high_risk_at": -3}');
SELECT rul_classes('{"cuts": [3, 1]}');
SELECT rul_classes('{"cuts": 3}');
SELECT rul_classes('{"cuts": [0.5, 1]}');
SELECT rul_classes('{"cuts": [1, 2, 3]}');
SELECT rul_classes('{"cuts": [1, 2], "names": ["a", "b"]}');
SELECT rul_classes('{"cuts": [1, 2], "names": ["a", "b", "a"]}');
SELECT rul_classes('[1]');
SELECT usercls.train_sequence('rul', 'rul', label_column => 'spend', trend_rule => '{}');
SELECT * FROM rul_drawn('"resample"', '2.5');
SELECT usercls.label(trend, ARRAY[1, 2, 3]) FROM rul_trend LIMIT 1;
SELECT usercls.label(trend, ARRAY[2, 1]) FROM rul_trend LIMIT 1;

SELECT usercls.drop_model('rul') IS NOT NULL AS dropped;
DROP FUNCTION rul_classes, rul_same, rul_drawn;
DROP TABLE rul, rul_trend, rul_scores;
