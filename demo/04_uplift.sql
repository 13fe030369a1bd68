\echo
\echo '=== 4. An uplift model on the graph of friends: whom does the intensive session persuade?'
\echo
-- The experiment is the first round; everybody else takes part in the graph. Five models, each blind for a fifth of the
-- experiment: so every household gets a prediction from a model that has not seen what happened there. What friends were
-- told, and in which round, is known of everybody: the graph carries it.
CREATE TABLE experiment AS
SELECT user_id, CASE WHEN delay = 0 THEN intensive END AS treated, CASE WHEN delay = 0 THEN takeup END AS outcome,
       abs(hashint8(user_id)) % 5 AS fold,
       age, agpop, educ, educ_good, literacy, male, rice_inc, ricearea_2010, disaster_loss, disaster_yes, disaster_prob,
       insurance_repay, insurance_buy, general_trust, risk_averse, region::text AS region, by_default, delay, info_none,
       info_takeup_rate, info_takeup_list
FROM household;
SELECT format('CREATE VIEW blind_%1$s AS SELECT e.*, CASE WHEN fold <> %1$s THEN treated END AS known_treated,
                      CASE WHEN fold <> %1$s THEN outcome END AS known_outcome FROM experiment AS e', fold)
FROM generate_series(0, 4) AS fold \gexec

\echo 'Training five models: attention over friends, and a head for either arm'
\echo
\set features '{age,agpop,educ,educ_good,literacy,male,rice_inc,ricearea_2010,disaster_loss,disaster_yes,disaster_prob,insurance_repay,insurance_buy,general_trust,risk_averse,region,by_default,delay,info_none,info_takeup_rate,info_takeup_list}'
SELECT r.model, r.metric, round(r.value::numeric, 4) AS value, r.best_epoch, r.epochs, r.rows_train, r.rows_held_out
FROM generate_series(0, 4) AS fold
CROSS JOIN LATERAL train_uplift('blind_' || fold, ('blind_' || fold)::regclass, 'friend', features => :'features',
	treatment_column => 'known_treated', outcome_column => 'known_outcome', promote => 'always') AS r;

CREATE TABLE out_of_fold AS
SELECT fold, t.user_id, t.uplift, treated::int AS treated, outcome
FROM generate_series(0, 4) AS k CROSS JOIN LATERAL target_users('blind_' || k) AS t
JOIN experiment e ON e.user_id = t.user_id AND e.fold = k
WHERE treated IS NOT NULL AND outcome IS NOT NULL;

\echo 'Out of sample (Qini 0 is what random targeting gives):'
\echo
SELECT count(*) AS households, round(qini(uplift, treated, outcome)::numeric, 4) AS qini,
       round(auuc(uplift, treated, outcome)::numeric, 4) AS auuc,
       round(uplift_at(uplift, treated, outcome, 0.3)::numeric, 3) AS effect_in_the_top_30_percent,
       round((avg(outcome) FILTER (WHERE treated = 1) - avg(outcome) FILTER (WHERE treated = 0))::numeric, 3) AS effect_in_all,
       round(avg(uplift)::numeric, 3) AS mean_predicted
FROM out_of_fold;

\echo 'One model on the whole experiment, and the ten households it would invite first:'
\echo
\echo 'Persuadable is whoever gains more than the average.'
\echo
SELECT r.model, r.rows_train, r.rows_held_out, r.epochs
FROM train_uplift('insurance', 'experiment', 'friend', features => :'features',
                  promote => 'always', comment => 'demo: uplift of the intensive session') AS r;
SELECT rank, user_id, round(uplift::numeric, 3) AS uplift, round(p_first::numeric, 3) AS takes_it_if_invited,
       round((1 - p_second)::numeric, 3) AS takes_it_anyway, segment, friends
FROM target_users('insurance') AS t
CROSS JOIN LATERAL (SELECT count(*) AS friends FROM friend WHERE t.user_id IN (src, dst)) AS f
WHERE uplift > 0
ORDER BY rank LIMIT 10;
