-- Mappings, policies and settings are landed as texts; they have no rows that end anywhere.
select
    load_id,
    file_ordinal,
    source,
    feed,
    file_name,
    outcome,
    reason,
    sentence,
    coalesce(rows_delivered, 0) as rows_delivered
from {{ ref('stg_files') }}
where feed is null or feed not in ('mappings', 'policies', 'settings')
