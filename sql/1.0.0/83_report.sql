-- The page: its sections in order, and the style that they share.

CREATE FUNCTION usercls_private.report_style() RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN '
:root { color-scheme: light dark; --back: #fff; --text: #1b2026; --soft: #57606a; --line: #d0d7de; --c1: #1d5fa8; --c2: #b3541e; --c3: #2a7a4b; --c4: #7a3f9d; --c5: #57606a }
@media screen and (prefers-color-scheme: dark) { :root { --back: #12161b; --text: #e8ecf0; --soft: #a9b3bd; --line: #3a434d; --c1: #7db7ff; --c2: #ffb27a; --c3: #7fd6a0; --c4: #cfa6f2; --c5: #a9b3bd } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { line-height: 1.2; margin: .5rem 0 } h2 { border-top: 1px solid var(--line); padding-top: 1rem; margin: 2rem 0 .75rem }
.lead { font-size: 1.15rem } .note, figcaption, caption, footer, nav { color: var(--soft) }
nav a { color: var(--c1); margin-right: .75rem; display: inline-block; padding: .25rem 0 }
code { font-family: ui-monospace, monospace; font-size: .9em; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .25rem }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: .5rem 1.5rem; margin: 0 }
dt { color: var(--soft); font-size: .875rem } dd { margin: 0 }
.scroll { overflow-x: auto; margin: 1rem 0 } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem }
caption { text-align: left; font-size: .875rem; padding-bottom: .25rem }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; max-width: 24rem; min-width: 2.5rem }
td { overflow-wrap: break-word } th.n, .n { text-align: right; white-space: nowrap } .g { min-width: 7rem }
@media (min-width: 60rem) { .pair { display: flex; gap: 1rem } .pair > figure { flex: 1 } }
figure { margin: 1rem 0; max-width: 34rem } figcaption { font-size: .875rem } svg { display: block } .chart { width: 100%; height: auto }
.bar { width: 6rem; height: .7rem; margin-top: .4rem } .spark { width: 7rem; height: 1.7rem }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.25rem; padding: 0; margin: .25rem 0; font-size: .875rem } .legend svg { width: 1.5rem; height: .5rem; display: inline-block; vertical-align: middle }
.t { fill: var(--soft); font-size: 11px } .m { text-anchor: middle } .e { text-anchor: end } .grid { stroke: var(--line) } .axis { stroke: var(--soft) }
.s1, .s2, .s3, .s4, .s5 { fill: none; stroke-width: 2; stroke: var(--c5) } .s1 { stroke: var(--c1) } .s2 { stroke: var(--c2); stroke-dasharray: 6 3 } .s3 { stroke: var(--c3); stroke-dasharray: 2 2 } .s4 { stroke: var(--c4); stroke-dasharray: 8 2 2 2 }
.d1 { fill: var(--c1) } .d2 { fill: var(--c2) } .d3 { fill: var(--c3) } .f1 { fill: var(--c1) } .b1, .b2, .b3, .b4, .b5 { fill: var(--c1); opacity: .18; stroke: none } .b2 { fill: var(--c2) } .b3 { fill: var(--c3) } .b4 { fill: var(--c4) }
@media print { body { max-width: none; font-size: 10pt } nav { display: none } .scroll { overflow: visible } section, figure, tr { break-inside: avoid } h2 { break-after: avoid } }
';
COMMENT ON FUNCTION usercls_private.report_style() IS 'style of a report: light and dark, narrow and wide, on paper';

-- A browser that opens a file believes what the page says of its encoding: that in which the client is given it.
CREATE FUNCTION usercls_private.report_charset() RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.lower(pg_catalog.pg_client_encoding()::text), '^win', 'windows-'), '^(utf8|sql_ascii)$', 'utf-8');
COMMENT ON FUNCTION usercls_private.report_charset() IS 'the client''s encoding, as HTML calls it';

CREATE FUNCTION usercls_private.report_page(title text, sections text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.concat('<!DOCTYPE html>
<html lang="en"><head><meta charset="', usercls_private.report_charset(), '"/><meta name="viewport" content="width=device-width, initial-scale=1"/><title>', usercls_private.html(title), '</title><style>',
	usercls_private.report_style(), '</style></head><body><header><h1>', usercls_private.html(title), '</h1><nav aria-label="Sections">',
	(SELECT pg_catalog.string_agg(pg_catalog.format('<a href="#%s">%s</a>', m[1], m[2]), ' ' ORDER BY at)
	 FROM pg_catalog.unnest(sections) WITH ORDINALITY AS r (section, at), pg_catalog.regexp_match(section, '^<section id="([a-z]+)"><h2>([^<]*)</h2>') AS m),
	'</nav></header><main>', pg_catalog.array_to_string(sections, E'\n'), '</main><footer><p>Made by usercls in the database ', usercls_private.html(pg_catalog.current_database()),
	' at ', usercls_private.html(pg_catalog.to_char(pg_catalog.now(), 'YYYY-MM-DD HH24:MI OF')), '.</p></footer></body></html>');
COMMENT ON FUNCTION usercls_private.report_page(text, text[]) IS 'sections as one page, with what leads to them';

-- What models of both kinds have, before and after what is their own.
CREATE FUNCTION usercls_private.report_beginning(facts jsonb, model text, version int) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT ARRAY[
		usercls_private.report_section('answers', 'What it answers', NULL, usercls_private.report_answers(facts), ''),
		usercls_private.report_section('data', 'Data and window', sources, usercls_private.report_data(facts, sources), ''),
		usercls_private.report_section('training', 'Training curve', epochs, usercls_private.report_training(facts, epochs -> 'rows'),
			'No epochs were logged: the version was imported, or has a closed form.'),
		usercls_private.report_section('figures', 'Figures', figures, usercls_private.report_figures(figures -> 'rows'), 'Nobody was held out.')]
	FROM usercls_private.report_query('SELECT argument, source, state FROM usercls.sources WHERE model = $1 AND version = $2 ORDER BY argument, source', model, version, facts) AS sources,
		usercls_private.report_query('SELECT epoch, train_loss, held_out_loss FROM usercls.training_epochs WHERE model = $1 AND version = $2 ORDER BY epoch', model, version, facts) AS epochs,
		usercls_private.report_query('SELECT * FROM usercls.evaluate($1, version => $2)', model, version, facts) AS figures;
END;
COMMENT ON FUNCTION usercls_private.report_beginning(jsonb, text, int) IS 'sections on what was asked, read and learned';

-- What is said of held-out users, by one reading of them.
CREATE FUNCTION usercls_private.report_measured(facts jsonb, model text, version int) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT ARRAY[
		usercls_private.report_section('balance', CASE facts ->> 'kind' WHEN 'uplift' THEN 'Arms of the experiment' ELSE 'Class balance' END, s, usercls_private.report_balance(facts, s -> 'balance'), 'Nobody was held out.'),
		usercls_private.report_section('calibration', 'Calibration', s, usercls_private.report_calibration(s), 'Nobody was held out.'),
		usercls_private.report_section('curves', CASE facts ->> 'kind' WHEN 'uplift' THEN 'Qini curve' ELSE CASE WHEN (s ->> 'numbers')::boolean THEN 'Lift' ELSE 'ROC and lift' END END, s, CASE facts ->> 'kind'
			WHEN 'uplift' THEN usercls_private.report_qini(s -> 'curve')
			ELSE COALESCE('<div class="pair">' || usercls_private.report_roc(s -> 'curve') || usercls_private.report_lift(s -> 'curve') || '</div>', usercls_private.report_number_lift(s -> 'tenths')) END,
			'The held-out users are all of one class, or none.'),
		usercls_private.report_section('deciles', 'Deciles', s, usercls_private.report_tenths(facts, s), 'Nobody was held out.'),
		usercls_private.report_section('confusion', 'Answers and truth', s, usercls_private.report_confusion(s -> 'cells'), 'Not of an uplift model, nor of more than eight classes: usercls.confusion_matrix() has them.'),
		usercls_private.report_section('users', 'The first users', s, usercls_private.report_users(facts, s, usercls_private.report_first_users(facts, model, version, s)), 'Nobody was held out.')]
	FROM usercls_private.report_sample(facts, model, version) AS s;
END;
COMMENT ON FUNCTION usercls_private.report_measured(jsonb, text, int) IS 'sections on held-out users';

CREATE FUNCTION usercls_private.report_end(facts jsonb, model text, version int) RETURNS text[]
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT ARRAY[
		usercls_private.report_section('importance', 'Importance', needed, usercls_private.report_importance(needed -> 'rows'), 'Nobody was held out.'),
		usercls_private.report_section('drift', 'Drift', moved, usercls_private.report_drift(moved -> 'rows'), 'No feature to compare.'),
		usercls_private.report_section('settings', 'Hyperparameters', NULL, usercls_private.report_settings(facts), 'None are known.'),
		usercls_private.report_section('history', 'Versions and decisions', versions, usercls_private.report_history(versions -> 'rows', deployments -> 'rows'), '')]
	FROM usercls_private.report_query('SELECT * FROM usercls.importance($1, $2) ORDER BY metric, importance DESC', model, version, facts) AS needed,
		usercls_private.report_query('SELECT v.version, v.created_at, v.architecture, v.metric, v.value, v.baseline, t.decision, t.reason, v.comment
			FROM usercls.versions AS v LEFT JOIN usercls.training_runs AS t USING (model, version) WHERE v.model = $1 ORDER BY v.version DESC LIMIT 20', model, version, facts) AS versions,
		usercls_private.report_query('SELECT * FROM usercls.deployments WHERE model = $1 ORDER BY deployment_id DESC LIMIT 20', model, version, facts) AS deployments,
		usercls_private.report_query('SELECT * FROM usercls.drift($1, ($3 #>> ''{spec,users}'')::regclass, version => $2)', model, version, facts) AS moved;
END;
COMMENT ON FUNCTION usercls_private.report_end(jsonb, text, int) IS 'sections on what has changed since, how it was made and what was decided';

CREATE FUNCTION usercls.report(model text, version int DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT usercls_private.report_page('Model ' || report.model,
		usercls_private.report_beginning(f, report.model, v)
		|| usercls_private.report_measured(f, report.model, v)
		|| usercls_private.report_end(f, report.model, v))
	FROM usercls_private.report_facts(report.model, report.version) AS f, LATERAL (VALUES ((f ->> 'version')::int)) AS r (v);
END;
COMMENT ON FUNCTION usercls.report(text, int) IS
	'a page of HTML on a version (null: the promoted one), complete in itself: what it answers, data, training, held-out figures and curves, drift, first users, settings, history; psql -Atc "SELECT usercls.report(''churn'')" > churn.html';
