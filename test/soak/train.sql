SELECT may_fail($$SELECT usercls.train_sequence('m', 'b', trend_of => 'spend', features => '{spend}', hyperparams => '{"max_epochs": 1, "hidden_size": 4}')$$, '55P03', '55006');
SELECT may_fail($$SELECT usercls.train_uplift('u', 'member', 'friend', hyperparams => '{"max_epochs": 1, "hidden_size": 4}')$$, '55P03', '55006');
SELECT usercls.prune_versions('m', 3, keep_history => 20), usercls.prune_versions('u', 3, keep_history => 20);
SELECT count(*) FROM usercls.evaluate('m', replicates => 5);
SELECT count(*) FROM usercls.explain('m', '{1,2,3}'::float8[]);
SELECT count(*) FROM usercls.training_runs;
