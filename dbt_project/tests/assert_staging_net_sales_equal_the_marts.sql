-- Lines and net sales by currency are the same in staging and in the mart that everybody reads. If this fails, a join on the
-- way lost or multiplied order lines.
with

staged as (

    select
        currency,
        count(*) as lines,
        sum(net_minor) as net_minor
    from {{ ref('stg_order_lines') }}
    where not is_withdrawn
    group by currency

),

published as (

    select
        currency,
        count(*) as lines,
        sum(net_minor) as net_minor
    from {{ ref('fct_order_lines') }}
    group by currency

)

select
    currency,
    staged.lines as staged_lines,
    published.lines as published_lines,
    staged.net_minor as staged_minor,
    published.net_minor as published_minor
from staged
full join published using (currency)
where
    coalesce(staged.lines, 0) <> coalesce(published.lines, 0)
    or coalesce(staged.net_minor, 0) <> coalesce(published.net_minor, 0)
