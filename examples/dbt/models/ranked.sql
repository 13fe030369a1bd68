{{ config(materialized='table', post_hook="call usercls.refresh_scores('returns', 'returns_scores', class => 'false')") }}
select user_id, p.label, p.probability, p.probabilities[1] as risk, rank() over (order by p.probabilities[1] desc) as rank, l.label as trend_label
from {{ ref('seqs') }} s cross join lateral usercls.predict('returns', s.seq) p left join {{ ref('labels') }} l using (user_id)
