{% for feed in feed_names() %}
select
    feed,
    load_id,
    file_ordinal,
    delivered_row,
    reason,
    sentence,
    closed_by_load
from {{ ref('quarantine_' ~ feed) }}
{% if not loop.last %}
union all
{% endif %}
{% endfor %}
