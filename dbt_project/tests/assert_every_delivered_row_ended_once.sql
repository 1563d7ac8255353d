-- accepted + duplicate + superseded + quarantined = delivered, in every file. If this fails, rows were lost between the
-- delivery and staging, or counted twice, and no total above can be trusted.
select
    load_id,
    file_ordinal,
    file_name,
    delivered,
    accepted + duplicate + superseded + quarantined as ended
from {{ ref('delivery_counts') }}
where delivered <> accepted + duplicate + superseded + quarantined
