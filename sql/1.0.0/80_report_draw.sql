-- What a report is drawn of: texts, numbers, tables and charts as HTML and SVG, from jsonb. All text of users (names of
-- models, columns, classes, ids, messages) goes through html(). The page is ASCII: it reads the same in every encoding but that of the
-- users' own words.

CREATE FUNCTION usercls_private.html(value text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
		CASE WHEN pg_catalog.getdatabaseencoding() = 'UTF8' THEN pg_catalog.translate(t, pg_catalog.chr(65534) || pg_catalog.chr(65535), '??') ELSE t END,
		'&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
	FROM pg_catalog.regexp_replace(value, '[\x01-\x08\x0B-\x1F\x7F]', '?', 'g') AS t;
END;
COMMENT ON FUNCTION usercls_private.html(text) IS 'a text as it stands in HTML and XML, in elements and in attributes; control characters are question marks';

CREATE FUNCTION usercls_private.report_number(value float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE
	WHEN value IS NULL THEN '&#8211;'
	WHEN value = 0 THEN '0'
	WHEN value IN ('NaN', 'Infinity', '-Infinity') THEN value::text
	WHEN pg_catalog.abs(value) >= 1e15 OR pg_catalog.abs(value) < 1e-4 THEN pg_catalog.ltrim(pg_catalog.to_char(value, '9.99EEEE'))
	WHEN pg_catalog.abs(value) >= 100 THEN pg_catalog.to_char(value, 'FM999,999,999,999,999')
	ELSE pg_catalog.trim_scale(pg_catalog.round(value::numeric, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(value)))::int))::text
END;
COMMENT ON FUNCTION usercls_private.report_number(float8) IS 'a number to three digits; a dash for null';

CREATE FUNCTION usercls_private.report_bar(share float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="f1" height="10" width="'
	|| pg_catalog.round(100 * GREATEST(0, LEAST(1, COALESCE(NULLIF(share, 'NaN'), 0)))::numeric, 1) || '"/></svg>';
COMMENT ON FUNCTION usercls_private.report_bar(float8) IS 'a bar as long as a share from 0 to 1';

-- A dot for each value, too: of sparse data a line alone shows little.
CREATE FUNCTION usercls_private.report_spark(series jsonb) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH number AS MATERIALIZED (
		SELECT at, CASE WHEN pg_catalog.abs((e #>> '{}')::float8) < 1e30 THEN (e #>> '{}')::float8 END AS value FROM pg_catalog.jsonb_array_elements(series) WITH ORDINALITY AS r (e, at)
	), point AS MATERIALIZED (
		SELECT n.at, n.value, pg_catalog.round((3 + 94.0 * (n.at - 1) / GREATEST(1, pg_catalog.jsonb_array_length(series) - 1))::numeric, 1) AS x,
			pg_catalog.round((21 - 18 * COALESCE((n.value - r.low) / NULLIF(r.high - r.low, 0), .5))::numeric, 1) AS y
		FROM number AS n, (SELECT pg_catalog.min(value) AS low, pg_catalog.max(value) AS high FROM number) AS r
	)
	SELECT '<svg class="spark" viewBox="0 0 100 24" role="img"><title>' || pg_catalog.string_agg(usercls_private.report_number(p.value), ', ' ORDER BY p.at) || '</title><polyline class="s1" points="'
		|| COALESCE(pg_catalog.string_agg(p.x || ',' || p.y, ' ' ORDER BY p.at) FILTER (WHERE p.value IS NOT NULL), '') || '"/>'
		|| COALESCE(pg_catalog.string_agg('<circle class="d1" r="2" cx="' || p.x || '" cy="' || p.y || '"/>', '' ORDER BY p.at) FILTER (WHERE p.value IS NOT NULL), '') || '</svg>'
	FROM point AS p;
END;
COMMENT ON FUNCTION usercls_private.report_spark(jsonb) IS 'a small line of an array of numbers, a dot each, without axes; what is null has no dot';

CREATE FUNCTION usercls_private.report_cell(value jsonb, kind text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN CASE kind
	WHEN 'number' THEN '<td class="n">' || usercls_private.report_number((value #>> '{}')::float8) || '</td>'
	WHEN 'percent' THEN '<td class="n">' || COALESCE(usercls_private.report_number(100 * (value #>> '{}')::float8) || ' %', '') || '</td>'
	WHEN 'share' THEN '<td class="n g">' || COALESCE(usercls_private.report_number(100 * (value #>> '{}')::float8) || ' %' || usercls_private.report_bar((value #>> '{}')::float8), '') || '</td>'
	WHEN 'bar' THEN '<td class="g">' || usercls_private.report_bar((value #>> '{}')::float8) || '</td>'
	WHEN 'spark' THEN '<td class="g">' || COALESCE(usercls_private.report_spark(NULLIF(value, 'null')), '') || '</td>'
	WHEN 'time' THEN '<td>' || COALESCE(usercls_private.html(pg_catalog.to_char((value #>> '{}')::timestamptz, 'YYYY-MM-DD HH24:MI')), '') || '</td>'
	ELSE '<td>' || COALESCE(usercls_private.html(value #>> '{}'), '&#8211;') || '</td>'
END;
COMMENT ON FUNCTION usercls_private.report_cell(jsonb, text) IS 'a value as a cell of a table: number, percent, share (with a bar), bar, spark, time or text';

-- Each column is 'key|title|kind'.
CREATE FUNCTION usercls_private.report_table(caption text, columns text[], data jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT '<div class="scroll" role="region" tabindex="0" aria-label="' || usercls_private.html(caption) || '"><table><caption>'
		|| usercls_private.html(caption) || '</caption><thead><tr>'
		|| (SELECT pg_catalog.string_agg(pg_catalog.format('<th scope="col"%s>%s</th>', CASE WHEN c ~ '[|](number|percent|share)$' THEN ' class="n"' END, usercls_private.html(pg_catalog.split_part(c, '|', 2))), '' ORDER BY at)
			FROM pg_catalog.unnest(columns) WITH ORDINALITY AS r (c, at))
		|| '</tr></thead><tbody>'
		|| pg_catalog.string_agg('<tr>' || (
				SELECT pg_catalog.string_agg(usercls_private.report_cell(line -> pg_catalog.split_part(c, '|', 1), pg_catalog.split_part(c, '|', 3)), '' ORDER BY at)
				FROM pg_catalog.unnest(columns) WITH ORDINALITY AS r (c, at)) || '</tr>', '' ORDER BY place)
		|| '</tbody></table></div>'
	FROM pg_catalog.jsonb_array_elements(data) WITH ORDINALITY AS r (line, place);
END;
COMMENT ON FUNCTION usercls_private.report_table(text, text[], jsonb) IS 'a table with a row for each object of an array; null: there is none';

CREATE FUNCTION usercls_private.report_axis(low float8, high float8, OUT first float8, OUT last float8, OUT step float8)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.floor(pg_catalog.round((from_ / s)::numeric, 6))::float8 * s, pg_catalog.ceil(pg_catalog.round((to_ / s)::numeric, 6))::float8 * s, s
	FROM (SELECT from_, to_, unit * CASE WHEN raw <= unit THEN 1 WHEN raw <= 2 * unit THEN 2 WHEN raw <= 5 * unit THEN 5 ELSE 10 END AS s
		  FROM (SELECT from_, to_, (to_ - from_) / 4 AS raw, pg_catalog.power(10::float8, pg_catalog.floor(pg_catalog.log((to_ - from_) / 4))) AS unit
				FROM (SELECT low AS from_, CASE WHEN high > low THEN high ELSE low + GREATEST(1, pg_catalog.abs(low)) END AS to_) AS whole) AS parts) AS steps;
END;
COMMENT ON FUNCTION usercls_private.report_axis(float8, float8, OUT float8, OUT float8, OUT float8) IS 'an axis from a round number to a round number, in four round steps or so';

-- Where a value stands: 0 at the axis' beginning, extent at its end.
CREATE FUNCTION usercls_private.report_at(value float8, first float8, last float8, extent float8) RETURNS numeric
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
RETURN pg_catalog.round((extent * (value - first) / (last - first))::numeric, 1);
COMMENT ON FUNCTION usercls_private.report_at(float8, float8, float8, float8) IS 'place of a value on an axis';

-- The plot is 340 by 190 with its corner at (52, 22) of a picture of 400 by 250.
CREATE FUNCTION usercls_private.report_axes(x_first float8, x_last float8, x_step float8, y_first float8, y_last float8, y_step float8, x_title text, y_title text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.concat(
		(SELECT pg_catalog.string_agg(pg_catalog.format('<line class="grid" x1="52" x2="392" y1="%1$s" y2="%1$s"/><text class="t e" x="47" y="%2$s">%3$s</text>',
				212 - y, 216 - y, usercls_private.report_number(v)), '')
		 FROM (SELECT v, usercls_private.report_at(v, y_first, y_last, 190)
			   FROM (SELECT y_first + i * y_step FROM pg_catalog.generate_series(0, pg_catalog.round((y_last - y_first) / y_step)::int) AS i) AS r (v)) AS r (v, y)),
		(SELECT pg_catalog.string_agg(pg_catalog.format('<text class="t m" x="%s" y="228">%s</text>', 52 + x, usercls_private.report_number(v)), '')
		 FROM (SELECT v, usercls_private.report_at(v, x_first, x_last, 340)
			   FROM (SELECT x_first + i * x_step FROM pg_catalog.generate_series(0, pg_catalog.round((x_last - x_first) / x_step)::int) AS i) AS r (v)) AS r (v, x)),
		pg_catalog.format('<line class="axis" x1="52" x2="392" y1="212" y2="212"/><text class="t" x="4" y="12">%s</text><text class="t e" x="392" y="246">%s</text>',
			usercls_private.html(y_title), usercls_private.html(x_title)));
END;
COMMENT ON FUNCTION usercls_private.report_axes(float8, float8, float8, float8, float8, float8, text, text) IS 'axes of a chart, with lines across and titles';

CREATE FUNCTION usercls_private.report_legend(names text[]) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT '<ul class="legend">' || pg_catalog.string_agg(pg_catalog.format(
		'<li><svg viewBox="0 0 24 8" aria-hidden="true"><line class="s%s" x1="0" x2="24" y1="4" y2="4"/></svg> %s</li>', place, usercls_private.html(name)), '' ORDER BY place) || '</ul>'
	FROM pg_catalog.unnest(names) WITH ORDINALITY AS r (name, place) HAVING pg_catalog.count(*) > 1;
END;
COMMENT ON FUNCTION usercls_private.report_legend(text[]) IS 'which line is which, where there are several';

-- The marks of one series: a band where its points have an interval, a line or dots. The points are in the plot's units.
CREATE FUNCTION usercls_private.report_series(place bigint, kind text, x numeric[], y numeric[], low numeric[], high numeric[]) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT pg_catalog.concat(
		CASE WHEN kind <> 'dots' THEN '<polygon class="b' || place || '" points="' || pg_catalog.string_agg((52 + a) || ',' || (212 - l), ' ' ORDER BY i) || ' '
			|| pg_catalog.string_agg((52 + a) || ',' || (212 - h), ' ' ORDER BY i DESC) || '"/>' END,
		CASE WHEN kind <> 'dots' THEN '<polyline class="s' || place || '" points="' || pg_catalog.string_agg((52 + a) || ',' || (212 - b), ' ' ORDER BY i) || '"/>' END,
		CASE WHEN kind = 'dots' THEN pg_catalog.string_agg(pg_catalog.concat(
			'<line class="s' || place || '" x1="' || (52 + a) || '" x2="' || (52 + a) || '" y1="' || (212 - l) || '" y2="' || (212 - h) || '"/>',
			'<circle class="d' || place || '" r="3.5" cx="' || (52 + a) || '" cy="' || (212 - b) || '"/>'), '' ORDER BY i) END)
	FROM ROWS FROM (pg_catalog.unnest(x), pg_catalog.unnest(y), pg_catalog.unnest(low), pg_catalog.unnest(high)) WITH ORDINALITY AS r (a, b, l, h, i)
	WHERE b IS NOT NULL;
END;
COMMENT ON FUNCTION usercls_private.report_series(bigint, text, numeric[], numeric[], numeric[], numeric[]) IS 'one series of a chart: line with a band, or dots with bars, of its intervals';

-- points: an array of {"series", "kind": "line" or "dots", "x", "y", "low", "high"}, in order.
CREATE FUNCTION usercls_private.report_chart(title text, description text, x_title text, y_title text, points jsonb) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH point AS MATERIALIZED (
		SELECT r.*, pg_catalog.row_number() OVER () AS at
		FROM pg_catalog.jsonb_to_recordset(points) AS r (series text, kind text, x float8, y float8, low float8, high float8)
		WHERE pg_catalog.abs(x) < 1e30 AND pg_catalog.abs(y) < 1e30
	), axis AS MATERIALIZED (
		SELECT h.first AS x0, h.last AS x1, h.step AS xs, v.first AS y0, v.last AS y1, v.step AS ys
		FROM (SELECT pg_catalog.min(x) AS a, pg_catalog.max(x) AS b, pg_catalog.min(LEAST(y, low)) AS c, pg_catalog.max(GREATEST(y, high)) AS d FROM point) AS range,
			LATERAL usercls_private.report_axis(a, b) AS h, LATERAL usercls_private.report_axis(c, d) AS v
		WHERE a IS NOT NULL
	), series AS MATERIALIZED (
		SELECT p.series, pg_catalog.row_number() OVER (ORDER BY pg_catalog.min(at)) AS place, pg_catalog.min(kind) AS kind,
			pg_catalog.array_agg(usercls_private.report_at(x, x0, x1, 340) ORDER BY at) AS x, pg_catalog.array_agg(usercls_private.report_at(y, y0, y1, 190) ORDER BY at) AS y,
			pg_catalog.array_agg(usercls_private.report_at(low, y0, y1, 190) ORDER BY at) AS low, pg_catalog.array_agg(usercls_private.report_at(high, y0, y1, 190) ORDER BY at) AS high
		FROM point AS p, axis GROUP BY p.series
	)
	SELECT pg_catalog.concat('<figure><svg class="chart" viewBox="0 0 400 250" role="img"><title>', usercls_private.html(title), '</title><desc>', usercls_private.html(description), '</desc>',
		usercls_private.report_axes(x0, x1, xs, y0, y1, ys, x_title, y_title),
		(SELECT pg_catalog.string_agg(usercls_private.report_series(s.place, s.kind, s.x, s.y, s.low, s.high), '' ORDER BY s.place DESC) FROM series AS s),
		'</svg>', (SELECT usercls_private.report_legend(pg_catalog.array_agg(s.series ORDER BY s.place)) FROM series AS s),
		'<figcaption>', usercls_private.html(description), '</figcaption></figure>')
	FROM axis;
END;
COMMENT ON FUNCTION usercls_private.report_chart(text, text, text, text, jsonb) IS 'a chart of the series in an array of points; null: there is no point';
