select * from {{ source('config', 'policy_roles') }}
