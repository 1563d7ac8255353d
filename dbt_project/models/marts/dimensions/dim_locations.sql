select
    location_id,
    name,
    country,
    region,
    time_zone,
    kind
from {{ ref('int_locations_current') }}
