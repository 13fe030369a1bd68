-- The smallest sequence model as a safetensors file, for tests that need some model and no training:
-- a GRU of one unit over "spend" and "logins" with the classes high_risk and stable. All weights are 0
-- but for the bias of the first class, so that the probability of high_risk is 1 / (1 + exp(-bias)). With a slope it
-- rises with "spend".
CREATE FUNCTION pg_temp.little_endian(value float4) RETURNS bytea LANGUAGE sql AS $$
	SELECT string_agg(substring(float4send(value) FROM i FOR 1), '' ORDER BY i DESC) FROM generate_series(1, 4) i
$$;

CREATE FUNCTION pg_temp.safetensors(header text, data bytea) RETURNS bytea LANGUAGE sql AS $$
	SELECT set_byte(set_byte('\x0000000000000000', 0, length(header) & 255), 1, length(header) >> 8)
		|| convert_to(header, 'UTF8') || data
$$;

CREATE FUNCTION pg_temp.tiny_model(bias float4, kind text DEFAULT 'sequence', extra text DEFAULT '', slope float4 DEFAULT 0) RETURNS bytea
LANGUAGE sql AS $$
	WITH tensor AS (
		SELECT n, name, shape, pg_catalog.array_length(filling, 1) AS size, filling,
			coalesce(sum(pg_catalog.array_length(filling, 1)) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING
				EXCLUDE CURRENT ROW), 0) AS start
		FROM (VALUES
			(1, 'input.mean', '2', ARRAY[0, 0]::float4[]), (2, 'input.scale', '2', ARRAY[1, 1]),
			(3, 'gru.weight_ih_l0', '3,2', ARRAY[0, 0, 0, 0, slope, 0]), (4, 'gru.weight_hh_l0', '3,1', array_fill(0, ARRAY[3])),
			(5, 'gru.bias_ih_l0', '3', array_fill(0, ARRAY[3])), (6, 'gru.bias_hh_l0', '3', array_fill(0, ARRAY[3])),
			(7, 'head.weight', '2,1', ARRAY[slope, 0]), (8, 'head.bias', '2', ARRAY[bias, 0]),
			(9, 'calibration.bias', '2', ARRAY[0, 0]), (10, 'calibration.temperature', '1', ARRAY[1])
		) t(n, name, shape, filling)
	)
	SELECT pg_temp.safetensors(
		format('{"__metadata__":{"usercls":"1","kind":%s,"architecture":"gru","features":"[\"spend\",\"logins\"]",'
			'"classes":"[\"high_risk\",\"stable\"]","hidden_size":"1","mask":"false","period":"7 days",'
			'"window_periods":"12"%s},', to_json(kind), extra)
		|| string_agg(format('"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%s,%s]}', name, shape, 4 * start,
			4 * (start + size)), ',' ORDER BY n) || '}',
		(SELECT string_agg(pg_temp.little_endian(value), '' ORDER BY n, i)
		 FROM tensor, unnest(filling) WITH ORDINALITY u(value, i)))
	FROM tensor
$$;
