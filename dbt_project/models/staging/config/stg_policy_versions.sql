select * from {{ source('config', 'policy_versions') }}
