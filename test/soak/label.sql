SELECT usercls.label(usercls.trend_agg(ts, spend, '7 days')) FROM b GROUP BY user_id LIMIT 10;
SELECT count(*) FROM usercls.trend_users('b', 'user_id', 'ts', 'spend', '7 days');
