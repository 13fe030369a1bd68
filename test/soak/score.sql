SELECT avg(usercls.score('m', seq, 'stable')) FROM sq;
SELECT p.version FROM usercls.predict('m', '{1,2,3}'::float8[]) p;
SELECT * FROM usercls.uplift('u', 5::bigint);
SELECT avg(usercls.score(usercls.export_model('m'), seq, 'stable')) FROM sq;
SELECT count(*) FROM usercls.classify_users('m');
SELECT count(*) FROM usercls.target_users('u');
