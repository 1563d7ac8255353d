select * from {{ source('config', 'policy_kind_weights') }}
