select * from {{ source('bronze', 'loads') }}
