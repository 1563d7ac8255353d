-- Shares are whole trillionths that sum to 10^12 on every line. If this fails, the long division or its largest remainders
-- lost something, and amounts made from the shares would too.
select
    order_line_key,
    sum(share_e12) as share_e12
from {{ ref('fct_credits') }}
group by order_line_key
having sum(share_e12) <> 1000000000000
