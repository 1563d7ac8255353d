select * from {{ source('config', 'policy_excluded_categories') }}
