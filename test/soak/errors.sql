SELECT may_fail($$SELECT usercls.train_sequence('m', 'b', trend_of => 'nope')$$, '42703');
SELECT may_fail($$SELECT usercls.predict('m', '{{1,2}}'::float8[])$$, '22023', '2202E');
SELECT may_fail($$SELECT usercls.import_model('zz', '\x00')$$, '22P03');
SELECT may_fail($$SELECT usercls.train_sequence('m', 'b', trend_of => 'spend', hyperparams => '{"max_epochs": 2}', promote => 'x')$$, '22023');
