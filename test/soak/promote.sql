SELECT may_fail($$SELECT usercls.promote('m', (SELECT max(version) FROM usercls.versions WHERE model = 'm'))$$, '42704');
SELECT may_fail($$SELECT usercls.rollback('m')$$, '55000');
