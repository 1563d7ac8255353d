select * from {{ source('config', 'currencies') }}
