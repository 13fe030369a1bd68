CREATE TYPE usercls.trend_label AS ENUM ('high_risk', 'stable', 'potential');
COMMENT ON TYPE usercls.trend_label IS 'which way a user''s behaviour goes, from worst to best';
