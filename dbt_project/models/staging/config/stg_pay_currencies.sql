select * from {{ source('config', 'pay_currencies') }}
