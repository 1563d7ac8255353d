select * from {{ source('config', 'locked_divisions') }}
