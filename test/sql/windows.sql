-- Which window is read when nothing is said, and what is said about it: docs/semantics.md.
SET client_min_messages = notice;
SET timezone = 'UTC';
CREATE TABLE win AS
SELECT u AS user_id, timestamptz '2026-01-05 12:00Z' + w * interval '7 days' AS ts, u % 3 = 0 AS left_later,
       (200 + (u % 3 - 1) * 6 * w + (hashint8(u * 1000 + w) & 15))::float8 AS spend
FROM generate_series(1, 120) u, generate_series(0, 23) w;

-- A label that was observed needs no horizon: the newest rows are read. The trend is that of four periods later.
SELECT version FROM usercls.train_sequence('win_label', 'win', label_column => 'left_later', features => '{spend}',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT version FROM usercls.train_sequence('win_trend', 'win', trend_of => 'spend', features => '{spend}',
                                           hyperparams => '{"hidden_size": 4, "max_epochs": 1}');
SELECT model, as_of, spec::jsonb ->> 'horizon_periods' AS horizon_periods
FROM usercls.versions WHERE model IN ('win_label', 'win_trend') ORDER BY 1;
SELECT version FROM usercls.train_sequence('win', 'win', trend_of => 'spend', horizon_periods => 30);
SELECT version FROM usercls.train_sequence('win', 'win', trend_of => 'spend', as_of => '2025-06-01');

SELECT usercls.drop_model(model) IS NOT NULL AS dropped FROM usercls.models WHERE model LIKE 'win%' ORDER BY model;
DROP TABLE win;
