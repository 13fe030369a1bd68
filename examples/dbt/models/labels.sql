{{ config(materialized='incremental', unique_key='user_id') }}
select user_id, usercls.label(trend, 2, -2) as label, usercls.net_sign(trend) as net_sign, usercls.period_values(trend) as by_month, trend
from {{ ref('trends') }}
