-- Who may do what with models, and why.
CREATE VIEW usercls.rights WITH (security_barrier) AS
SELECT m.name AS model, g.role::text AS role, g."right", g.how, g.granted_by::text AS granted_by, g.granted_at
FROM usercls.model m
LEFT JOIN pg_catalog.pg_authid w ON w.oid = m.owner_oid
CROSS JOIN LATERAL (
	SELECT w.rolname AS role, 'admin' AS "right", 'owner' AS how,
		NULL::name AS granted_by, m.created_at AS granted_at
	UNION ALL
	SELECT COALESCE(o.rolname, CASE a.grantee_oid WHEN 0 THEN 'public'::name END), a."right", 'granted', a.granted_by, a.granted_at
	FROM usercls.model_acl a LEFT JOIN pg_catalog.pg_authid o ON o.oid = a.grantee_oid
	WHERE a.model_id = m.model_id
	UNION ALL
	SELECT COALESCE(o.rolname, 'public'::name), 'admin', 'registry', NULL, NULL
	FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) e
	LEFT JOIN pg_catalog.pg_authid o ON o.oid = e.grantee
	WHERE c.oid = 'usercls.model_acl'::pg_catalog.regclass AND e.privilege_type = 'INSERT'
	UNION ALL
	SELECT o.rolname, 'monitor', 'monitoring', NULL, NULL
	FROM pg_catalog.pg_authid o WHERE o.rolname IN ('pg_monitor', 'pg_read_all_data')
) AS g
WHERE usercls_private.model_right(m.model_id, m.owner_oid) >= 1;
COMMENT ON VIEW usercls.rights IS 'who may do what with the models that you may use, beside superusers and members of these roles';
COMMENT ON COLUMN usercls.rights.model IS 'name of the model';
COMMENT ON COLUMN usercls.rights.role IS 'role, or public, that has the right; null when the role is gone, and nobody has it';
COMMENT ON COLUMN usercls.rights."right" IS 'monitor, score (includes monitor), train (includes score) or admin (includes train)';
COMMENT ON COLUMN usercls.rights.how IS
	'owner; granted by grant_model(); registry: may write usercls.model_acl, and so has every right on every model; monitoring: a role of the server that sees everything';
COMMENT ON COLUMN usercls.rights.granted_by IS 'role that granted it';
COMMENT ON COLUMN usercls.rights.granted_at IS 'when it was granted, or the model made';
GRANT SELECT ON usercls.rights TO PUBLIC;
