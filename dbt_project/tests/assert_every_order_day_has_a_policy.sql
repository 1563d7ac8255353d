-- Every day with order lines has a policy version in force. If this fails, the lines of these dates are credited to nobody;
-- the build names the dates before it gets here.
select
    order_date,
    order_lines
from {{ ref('int_policy_gaps') }}
