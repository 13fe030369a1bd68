-- What dbt finds: a table of invoices, and the model "returns", which a schedule trains, and not dbt.
CREATE EXTENSION IF NOT EXISTS usercls;
CREATE TABLE invoices (invoice text, customer_id bigint, country text, invoice_ts timestamp, n_lines int, quantity int, amount float8);
\copy invoices FROM 'demo/data/online_retail/invoices.csv' CSV HEADER
SELECT version, promoted FROM usercls.train_sequence('returns', 'invoices', user_column => 'customer_id', time_column => 'invoice_ts',
	outcome => 'count(*) > 0', features => '{amount,n_lines,quantity}', period => '14 days', window_periods => 20, as_of => '2011-09-01',
	hyperparams => '{"max_epochs": 5}', promote => 'always');
