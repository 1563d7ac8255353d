select * from {{ source('config', 'policy_countries') }}
