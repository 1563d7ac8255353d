select
    location_id,
    name,
    country,
    region,
    time_zone,
    kind
from {{ ref('stg_locations') }}
where not is_withdrawn
