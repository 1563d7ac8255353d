-- Mappings, policies, settings and divisions that a cycle locked are the workspace's own; they have no rows that end anywhere.
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
where feed is null or feed not in ('locked_divisions', 'mappings', 'policies', 'settings')
