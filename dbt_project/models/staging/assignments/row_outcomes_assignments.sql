-- Generated from the contract of assignments by `python -m incentives.feeds.staging_models`: change the contract, not this file.
with

parsed as (

    select * from {{ ref('parsed_assignments') }}

),

repeated_keys as (

    select
        associate_id,
        valid_from
    from parsed
    where fault is null
    group by associate_id, valid_from
    having count(*) > 1

),

repeated as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        parsed.associate_id,
        parsed.valid_from,
        parsed.source_updated_at,
        {{ payload([
            'team_id',
            'role',
            'location_id',
            'manager_id',
            'currency',
            'fte_milli',
            'valid_to',
            'source_updated_at',
        ]) }} as payload
    from parsed
    inner join repeated_keys using (associate_id, valid_from)
    where parsed.fault is null

),

decided as (

    {{ decide_versions('repeated', ['associate_id', 'valid_from']) }}

),

in_force as (

    select
        parsed.*
    from parsed
    left join decided using (load_id, file_ordinal, delivered_row)
    where parsed.fault is null and coalesce(decided.outcome, 'accepted') = 'accepted' and not parsed.is_withdrawn

),

refused as (

    {{ overlapping_assignments('in_force') }}

),

final as (

    select
        parsed.load_id,
        parsed.file_ordinal,
        parsed.delivered_row,
        case when coalesce(parsed.fault, decided.fault, refused.fault) is not null then 'quarantined' else coalesce(decided.outcome, 'accepted') end as outcome,
        coalesce(parsed.fault, decided.fault, refused.fault) as fault
    from parsed
    left join decided using (load_id, file_ordinal, delivered_row)
    left join refused using (load_id, file_ordinal, delivered_row)

)

select * from final
