CALL usercls.refresh_scores('m' || :client_id, 'sc' || :client_id);
SELECT may_fail($$CALL usercls.refresh_scores('m', 'sc')$$, '55P03', '55006');
SELECT may_fail($$CALL usercls.refresh_scores('u', 'su')$$, '55P03', '55006');
