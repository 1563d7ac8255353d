{{ config(materialized='view') }}
with settings as (
    select * from {{ ref('stg_settings') }}
    where substr(name, 1, 7) = 'signal.'
)

select
    substr(name, 8) as signal,
    value as agreement
from settings
