{{ config(materialized='view') }}
-- depends_on: {{ source('shop', 'invoices') }}
select user_id, seq from usercls.sequences('returns', '2011-09-01')
