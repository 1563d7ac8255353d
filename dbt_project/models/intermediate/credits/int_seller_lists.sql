{#
    `a1|a2` shares equally, `a1:70|a2:30` as stated (staging refused what does not sum to 100). The same id twice adds up.
#}
{% set sellers_max = 1000 %}
with sale_lines as (
    select * from {{ ref('int_sale_lines') }}
    where sellers is not null
),

lists as (
    select distinct sellers
    from sale_lines
),

series as (
    select n from {{ integer_series(sellers_max) }} as series
),

parts as (
    select
        sellers,
        sellers as part
    from lists
    where {{ split_length('sellers', '|') }} = 1
    union all
    select
        lists.sellers,
        split_part(lists.sellers, '|', series.n) as part
    from lists
    inner join series on series.n <= {{ split_length('lists.sellers', '|') }}
    where {{ split_length('lists.sellers', '|') }} > 1
),

weighted as (
    select
        sellers,
        trim(split_part(part, ':', 1)) as associate_id,
        cast(coalesce(nullif(split_part(part, ':', 2), ''), '1') as bigint) as weight
    from parts
),

final as (
    select
        sellers,
        associate_id,
        cast(sum(weight) as bigint) as weight
    from weighted
    group by sellers, associate_id
    having sum(weight) > 0
)

select * from final
