select
    refused.feed,
    refused.load_id,
    refused.file_ordinal,
    files.file_name,
    refused.delivered_row,
    refused.reason,
    refused.sentence,
    refused.closed_by_load
from {{ ref('int_quarantined_rows') }} as refused
inner join {{ ref('int_delivered_files') }} as files using (load_id, file_ordinal)
