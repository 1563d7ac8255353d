with

stated as (

    select * from {{ ref('stg_control_totals') }}
    where not is_withdrawn

),

versions as (

    select * from {{ ref('int_order_line_versions') }}

),

-- Each line stands once by each date, so that the totals find it by plain equality.
dated as (

    select
        *,
        'ordered' as basis,
        ordered_date as business_date
    from versions

    union all

    select
        *,
        'completed' as basis,
        completed_date as business_date
    from versions

),

found as (

    select
        stated.source,
        stated.business_date,
        stated.currency,
        stated.basis,
        count(*) as lines_found,
        cast(sum(dated.net_minor) as bigint) as net_found_minor
    from stated
    inner join dated using (source, business_date, currency, basis)
    where
        case
            when stated.as_of is null then dated.is_in_force
            when dated.known_from > stated.as_of then false
            else dated.is_in_force or dated.known_until > stated.as_of
        end
    group by stated.source, stated.business_date, stated.currency, stated.basis

)

select
    stated.source,
    stated.currency,
    stated.basis,
    stated.lines as lines_stated,
    coalesce(found.lines_found, 0) as lines_found,
    stated.net_minor as net_stated_minor,
    coalesce(found.net_found_minor, 0) as net_found_minor,
    coalesce(found.net_found_minor, 0) - stated.net_minor as difference_minor,
    coalesce(found.lines_found, 0) - stated.lines as lines_difference,
    stated.business_date,
    stated.as_of
from stated
left join found using (source, business_date, currency, basis)
