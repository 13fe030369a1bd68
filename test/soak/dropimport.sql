SELECT usercls.drop_model('t' || :client_id, true);
SELECT usercls.import_model('t' || :client_id, usercls.export_model('m'), promote => 'always');
SELECT usercls.score('t' || :client_id, '{1,2,3}'::float8[], 'stable');
