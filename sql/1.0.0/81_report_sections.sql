-- The sections of a report. Each has its rows from one query by what users call themselves, with the caller's rights. What
-- fails (a table that is gone, a right that is missing) is said in its section, and the others stay.

-- The rows of a query over model ($1), version ($2) and facts ($3), or how it failed: {"rows": [...]}, {} without rows, {"error": "..."}.
CREATE FUNCTION usercls_private.report_query(query text, model text, version int, facts jsonb) RETURNS jsonb
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = error
AS $$
DECLARE
	answer jsonb;
	message text;
	detail text;
BEGIN
	EXECUTE 'SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(q)) FROM (' || query || ') AS q' INTO STRICT answer USING model, version, facts;
	RETURN CASE WHEN answer IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('rows', answer) END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN pg_catalog.jsonb_build_object('error', pg_catalog.concat_ws('. ', message, NULLIF(detail, '')));
END $$;
COMMENT ON FUNCTION usercls_private.report_query(text, text, int, jsonb) IS 'rows of a query, or the error that it ends with';

CREATE FUNCTION usercls_private.report_section(id text, title text, answer jsonb, body text, otherwise text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.concat('<section id="', id, '"><h2>', title, '</h2>',
	COALESCE('<p class="note">Not available here: ' || usercls_private.html(answer ->> 'error') || '</p>', NULLIF(body, ''),
		'<p class="note">' || otherwise || '</p>'), '</section>');
COMMENT ON FUNCTION usercls_private.report_section(text, text, jsonb, text, text) IS 'a section: its body, or why it has none';

-- Pairs of a word and its text, which is HTML already; those without a text are left out.
CREATE FUNCTION usercls_private.report_list(VARIADIC pairs text[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT '<dl>' || pg_catalog.string_agg('<div><dt>' || pairs[i] || '</dt><dd>' || pairs[i + 1] || '</dd></div>', '' ORDER BY i) || '</dl>'
	FROM pg_catalog.generate_series(1, pg_catalog.cardinality(pairs), 2) AS i WHERE pairs[i + 1] <> '';
END;
COMMENT ON FUNCTION usercls_private.report_list(text[]) IS 'a list of words, each with its text';

CREATE FUNCTION usercls_private.report_words(list jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.string_agg('<code>' || usercls_private.html(word) || '</code>', ' ' ORDER BY at)
	FROM pg_catalog.jsonb_array_elements_text(CASE pg_catalog.jsonb_typeof(list) WHEN 'array' THEN list WHEN 'null' THEN '[]' ELSE pg_catalog.jsonb_build_array(list) END)
		WITH ORDINALITY AS r (word, at);
END;
COMMENT ON FUNCTION usercls_private.report_words(jsonb) IS 'a word, or an array of them, as code; null for none';

-- The type of a column that a spec names; null where the spec is not known, or the table is gone. The catalog is asked by name: to_regclass() is
-- an error for whoever may not use the schema.
CREATE FUNCTION usercls_private.report_type(spec jsonb, column_key text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.format_type(a.atttypid, a.atttypmod)
	FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
	WHERE ARRAY[n.nspname, c.relname]::text[] = pg_catalog.parse_ident(COALESCE(spec ->> 'source', spec ->> 'users')) AND a.attname = spec ->> column_key;
END;
COMMENT ON FUNCTION usercls_private.report_type(jsonb, text) IS 'type of a column of the table that was learned from';

-- What the sections have in common: the version's row of usercls.versions, with its spec (null unless the caller may train), whether its time
-- column holds integers, classes and features in order, and the number of the class that is looked at.
CREATE FUNCTION usercls_private.report_facts(model text, version int) RETURNS jsonb
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH info AS MATERIALIZED (
		SELECT i.property, i.value, pg_catalog.row_number() OVER () AS at FROM usercls.model_info(model, version) AS i
	), listed AS MATERIALIZED (
		SELECT pg_catalog.jsonb_agg(value ORDER BY at) FILTER (WHERE property LIKE 'class %') AS classes,
			pg_catalog.jsonb_agg(value ORDER BY at) FILTER (WHERE property LIKE 'feature %') AS features,
			pg_catalog.max(value) FILTER (WHERE property = 'version') AS version
		FROM info
	)
	SELECT pg_catalog.to_jsonb(v) || pg_catalog.jsonb_build_object('classes', l.classes, 'features', l.features, 'spec', v.spec::jsonb,
		'integers', COALESCE(usercls_private.report_type(v.spec::jsonb, 'time_column') IN ('smallint', 'integer', 'bigint'), false),
		'hyperparams', v.hyperparams::jsonb, 'about', m.comment, 'owner', m.owner, 'promoted_version', m.promoted_version,
		'focus', COALESCE((SELECT pg_catalog.min(at) FROM pg_catalog.jsonb_array_elements_text(l.classes) WITH ORDINALITY AS r (name, at)
			WHERE name IN ('true', 'high_risk', '1', 'yes')), 1))
	-- Outer, so that model_info() is asked first: it says why there is no such version for the caller.
	FROM listed AS l LEFT JOIN (usercls.versions AS v JOIN usercls.models AS m USING (model)) ON v.model = report_facts.model AND v.version::text = l.version;
END;
COMMENT ON FUNCTION usercls_private.report_facts(text, int) IS 'what a report says of a version before anybody''s rows are read';

-- An integer of a time column is a second of Unix time, and a length that many seconds: see docs/semantics.md.
CREATE FUNCTION usercls_private.report_moment(moment timestamptz, facts jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN (facts ->> 'integers')::boolean THEN pg_catalog.date_part('epoch', moment)::bigint::text ELSE pg_catalog.to_char(moment, 'YYYY-MM-DD HH24:MI') END;
COMMENT ON FUNCTION usercls_private.report_moment(timestamptz, jsonb) IS 'a moment as the time column has it: a time, or an integer';

CREATE FUNCTION usercls_private.report_periods(number jsonb, facts jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN pg_catalog.jsonb_typeof(number) = 'number' THEN pg_catalog.concat(number #>> '{}', ' periods of ', CASE WHEN (facts ->> 'integers')::boolean
		THEN pg_catalog.date_part('epoch', (facts #>> '{spec,period}')::interval)::bigint || ' in ' || usercls_private.report_words(facts #> '{spec,time_column}')
		ELSE usercls_private.html((facts #>> '{spec,period}')::interval::text) END) END;
COMMENT ON FUNCTION usercls_private.report_periods(jsonb, jsonb) IS 'a number of periods, with their length';

-- A question in words, of what the training was asked for; "" where that is not known.
CREATE FUNCTION usercls_private.report_question(facts jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT CASE
	WHEN facts ->> 'kind' = 'uplift' THEN pg_catalog.format('Whom does %s (%s) persuade? For each user: by how much it changes the %s (%s).',
		CASE WHEN spec ->> 'control' IS NULL THEN 'the treatment' ELSE 'each treatment' END, usercls_private.report_words(spec -> 'treatment_column'),
		CASE spec #>> '{hyperparams,outcome}' WHEN 'number' THEN 'outcome' ELSE 'probability of the outcome' END, usercls_private.report_words(spec -> 'outcome_column'))
	WHEN spec ->> 'outcome' IS NOT NULL THEN pg_catalog.format('What will be true of a user''s rows in the %s after the moment of asking: %s',
		usercls_private.report_periods(spec -> 'horizon_periods', facts), usercls_private.report_words(spec -> 'outcome'))
	WHEN spec ->> 'trend_of' IS NOT NULL THEN pg_catalog.format('Which trend will %s have, seen %s later?',
		usercls_private.report_words(spec -> 'trend_of'), usercls_private.report_periods(spec -> 'horizon_periods', facts))
	WHEN spec ->> 'label_column' IS NOT NULL THEN pg_catalog.format('Which %s does a user have?', usercls_private.report_words(spec -> 'label_column'))
	ELSE 'To which of its classes does a user belong?' END
	FROM (SELECT NULLIF(facts -> 'spec', 'null') AS spec) AS asked;
END;
COMMENT ON FUNCTION usercls_private.report_question(jsonb) IS 'what a model answers, in words';

CREATE FUNCTION usercls_private.report_answers(facts jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.concat('<p class="lead">', usercls_private.report_question(facts), '</p>',
	usercls_private.report_list(
		'Answers', CASE facts ->> 'kind' WHEN 'uplift' THEN 'an uplift, what is expected with and without the treatment, and a segment' ELSE usercls_private.report_words(facts -> 'classes') END,
		'For', COALESCE('the users of ' || usercls_private.report_words(COALESCE(facts #> '{spec,source}', facts #> '{spec,users}')), 'who trained it knows: you may use the model, and not see its question'),
		'Purpose', usercls_private.html(pg_catalog.concat_ws('; ', facts ->> 'about', facts ->> 'comment')),
		'Owner', usercls_private.html(facts ->> 'owner'),
		'Version', pg_catalog.format('%s, %s', facts ->> 'version', CASE WHEN (facts ->> 'promoted')::boolean THEN 'which answers for the model now' ELSE 'which does not answer for the model now' END),
		'Held-out ' || usercls_private.html(facts ->> 'metric'), pg_catalog.format('%s; without a model %s',
			usercls_private.report_number((facts ->> 'value')::float8), usercls_private.report_number((facts ->> 'baseline')::float8))));
COMMENT ON FUNCTION usercls_private.report_answers(jsonb) IS 'what the model answers, for whom, and who has it';

CREATE FUNCTION usercls_private.report_data(facts jsonb, sources jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN usercls_private.report_list(
	'Window', CASE WHEN facts #>> '{spec,sequence_column}' IS NULL THEN usercls_private.report_periods(facts #> '{spec,window_periods}', facts) || ' before the moment of asking'
		ELSE 'each user''s array, of at most ' || usercls_private.html(facts #>> '{spec,window_periods}') || ' periods' END,
	'Read up to', CASE WHEN facts #>> '{spec,sequence_column}' IS NULL THEN usercls_private.html(usercls_private.report_moment((facts ->> 'as_of')::timestamptz, facts)) END,
	'Moments asked', usercls_private.html(facts #>> '{spec,cutoffs}'),
	'Time zone', CASE WHEN (facts ->> 'integers')::boolean IS NOT TRUE AND facts #>> '{spec,sequence_column}' IS NULL THEN usercls_private.html(facts #>> '{spec,time_zone}') END,
	'Features', usercls_private.report_words(facts -> 'features'),
	'Attributes', usercls_private.report_words(facts #> '{spec,attributes}'),
	'Learned from', usercls_private.report_number((facts ->> 'rows_train')::float8) || ' users (with several moments, users at a moment)',
	'Held out', usercls_private.report_number((facts ->> 'rows_held_out')::float8) || ' users; every figure below is of them, and nothing was learned from them',
	'Trained', usercls_private.html(pg_catalog.to_char((facts ->> 'created_at')::timestamptz, 'YYYY-MM-DD HH24:MI') || ' by ' || (facts ->> 'created_by')),
	'Seed', facts ->> 'seed')
	|| COALESCE(usercls_private.report_table('What it reads', '{argument|Argument|text,source|Table or expression|text,state|State|text}', sources -> 'rows'), '');
COMMENT ON FUNCTION usercls_private.report_data(jsonb, jsonb) IS 'what was read, and when';

CREATE FUNCTION usercls_private.report_balance(facts jsonb, balance jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE facts ->> 'kind'
	WHEN 'uplift' THEN usercls_private.report_table('Held-out users of the experiment', '{arm|Arm|text,users|Users|number,share|Share|share,outcome|Mean outcome|number}', balance)
	ELSE usercls_private.report_table('Held-out users by what is true of them', '{class|Class|text,users|Users|number,share|Share|share}', balance) END;
COMMENT ON FUNCTION usercls_private.report_balance(jsonb, jsonb) IS 'how many users are of each class, or in each arm';

CREATE FUNCTION usercls_private.report_training(facts jsonb, epochs jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_chart('Training curve', pg_catalog.format('Mean loss by epoch; the weights kept are those after epoch %s of %s (0: as it began).', facts ->> 'best_epoch', facts ->> 'epochs'),
		'epoch', 'loss', pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('series', name, 'kind', 'line', 'x', e -> 'epoch', 'y', e -> key) ORDER BY place, (e ->> 'epoch')::int))
	FROM pg_catalog.jsonb_array_elements(epochs) AS e, (VALUES (1, 'train_loss', 'users learned from'), (2, 'held_out_loss', 'users held out')) AS r (place, key, name);
END;
COMMENT ON FUNCTION usercls_private.report_training(jsonb, jsonb) IS 'the losses of the epochs';

CREATE FUNCTION usercls_private.report_figures(figures jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN usercls_private.report_table('Held-out figures with 95 % intervals, and what a rule without a model reaches',
	'{metric|Figure|text,value|Value|number,ci_low|From|number,ci_high|To|number,baseline|Without a model|number,n|Users|number}', figures);
COMMENT ON FUNCTION usercls_private.report_figures(jsonb) IS 'what evaluate() says';

CREATE FUNCTION usercls_private.report_importance(features jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_table('How much worse each figure is when a feature is shuffled among the held-out users, with 95 % intervals',
		'{feature|Feature|text,metric|Figure|text,importance|Worse by|number,share|Beside others|bar,ci_low|From|number,ci_high|To|number}',
		pg_catalog.jsonb_agg(f || pg_catalog.jsonb_build_object('share', share) ORDER BY at))
	FROM (SELECT f, at, (f ->> 'importance')::float8 / NULLIF(pg_catalog.max((f ->> 'importance')::float8) OVER (PARTITION BY f ->> 'metric'), 0) AS share
		  FROM pg_catalog.jsonb_array_elements(features) WITH ORDINALITY AS r (f, at)) AS shares;
END;
COMMENT ON FUNCTION usercls_private.report_importance(jsonb) IS 'what importance() says';

CREATE FUNCTION usercls_private.report_drift(features jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_table('Features at the training and now; a stability index (PSI) above 0.25 is much',
		'{feature|Feature|text,psi|PSI|number,verdict|Moved|text,mean_then|Mean then|number,mean_now|Now|number,missing_then|Missing then|percent,missing_now|Now|percent}',
		pg_catalog.jsonb_agg(f || pg_catalog.jsonb_build_object('verdict', CASE WHEN (f ->> 'psi')::float8 > .25 THEN 'much' WHEN (f ->> 'psi')::float8 > .1 THEN 'a little' ELSE 'no' END) ORDER BY at))
	FROM pg_catalog.jsonb_array_elements(features) WITH ORDINALITY AS r (f, at);
END;
COMMENT ON FUNCTION usercls_private.report_drift(jsonb) IS 'what drift() says';

-- Series in arrays are asked at no moment.
CREATE FUNCTION usercls_private.report_users(facts jsonb, sample jsonb, users jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE
	WHEN facts ->> 'kind' = 'uplift' THEN usercls_private.report_table('The ten held-out users of the highest predicted uplift, and what they did', '{user_id|User|text,score|Uplift|number}'::text[]
		|| CASE WHEN sample #> '{balance,2}' IS NOT NULL THEN '{best|By|text}'::text[] END || '{arm|Arm|text,outcome|Outcome|number,reasons|Reasons|text}'::text[], users)
	WHEN (sample ->> 'numbers')::boolean THEN usercls_private.report_table('The ten held-out users of the highest forecast, and what came', '{user_id|User|text,score|Forecast|number,outcome|Came|number,asked|Asked at|text,series|Series|spark,reasons|Reasons|text}', users)
	ELSE usercls_private.report_table('The ten held-out users who are the likeliest to be ' || (facts -> 'classes' ->> (facts ->> 'focus')::int - 1) || ', and what they were',
		'{user_id|User|text,score|Probability|share,label|Answer|text,actual|True|text}'::text[] || CASE WHEN users #>> '{0,asked}' IS NOT NULL THEN '{asked|Asked at|text}'::text[] END
			|| '{series|Series|spark,reasons|Reasons|text}'::text[], users) END;
COMMENT ON FUNCTION usercls_private.report_users(jsonb, jsonb, jsonb) IS 'the ten users whom the model names first, of those it has not learned from';

CREATE FUNCTION usercls_private.report_settings(facts jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_table('Hyperparameters (' || (facts ->> 'architecture') || ')', '{name|Name|text,value|Value|text,usual|Default|text,description|What it is|text}',
		pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', key, 'value', value, 'usual', h."default", 'description', h.description) ORDER BY key))
	FROM pg_catalog.jsonb_each_text(facts -> 'hyperparams') LEFT JOIN usercls.hyperparameters(facts ->> 'kind') AS h ON h.name = key;
END;
COMMENT ON FUNCTION usercls_private.report_settings(jsonb) IS 'hyperparameters beside their defaults';

CREATE FUNCTION usercls_private.report_history(versions jsonb, deployments jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.concat(
	usercls_private.report_table('Versions, the newest first', '{version|Version|text,created_at|Stored|time,architecture|Network|text,metric|Metric|text,value|Value|number,baseline|Without a model|number,decision|Decision|text,reason|Why|text,comment|Comment|text}', versions),
	usercls_private.report_table('Which version answered since when', '{deployed_at|Since|time,version|Version|text,action|Action|text,role|By|text,reason|Why|text}', deployments));
COMMENT ON FUNCTION usercls_private.report_history(jsonb, jsonb) IS 'versions, and what was decided about them';
