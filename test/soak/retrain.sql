CALL usercls.retrain('m' || :client_id, keep_versions => 3, keep_history => 20);
