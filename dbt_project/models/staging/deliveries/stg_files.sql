select * from {{ source('bronze', 'files') }}
