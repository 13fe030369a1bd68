{{ config(materialized='table') }}
select customer_id as user_id, usercls.trend_agg(invoice_ts, amount, '1 month', '2010-12-01', '2011-09-01') as trend
from {{ source('shop', 'invoices') }} where invoice_ts < '2011-09-01' group by 1
